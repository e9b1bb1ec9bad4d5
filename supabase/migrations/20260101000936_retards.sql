-- A courier has a delivery and nothing happens: the vendor is told, once per try and stage.

insert into prive.reglages (nom, valeur, role) values
  ('retard_recuperation_min', 60, 'So long after the planned time (and after he got it) a courier who has not picked up is reported to the vendor, minutes.'),
  ('retard_remise_min', 240, 'So long after the pick-up a delivery that has not arrived is reported to the vendor, minutes.');

create function prive.signaler_retards() returns integer
language plpgsql volatile security definer set search_path = ''
as $$
declare
  maintenant constant timestamptz := prive.maintenant();
  recuperation constant interval := make_interval(mins => prive.reglage('retard_recuperation_min'));
  remise constant interval := make_interval(mins => prive.reglage('retard_remise_min'));
  l record;
  nombre integer := 0;
begin
  for l in
    select x.*, c.numero_commande, r.nom_complet_livreur, r.numero_telephone_livreur, u.fuseau_horaire
    from (
      select v.id_utilisateur, v.id_livraison, v.id_commande, v.id_livreur, v.statut_livraison = 'assignee' as a_recuperer, v.date_livraison_prevue,
        v.date_recuperation, format('livraison:%s:retard:%s:%s', v.id_livraison, v.version_code,
          case v.statut_livraison when 'assignee' then 'recuperation' else 'remise' end) as cle
      from public.livraisons as v
      where v.statut_livraison in ('assignee', 'recuperee', 'en_transit')
        and case v.statut_livraison when 'assignee' then greatest(v.date_livraison_prevue, v.date_assignation) + recuperation
          else greatest(v.date_livraison_prevue, v.date_recuperation + remise) end <= maintenant) as x
    join public.commandes as c on c.id_commande = x.id_commande and c.id_utilisateur = x.id_utilisateur
    join public.livreurs as r on r.id_livreur = x.id_livreur and r.id_utilisateur = x.id_utilisateur
    join public.utilisateurs_fluxasync as u on u.id_utilisateur = x.id_utilisateur
    where not exists (select from public.notifications as n where n.id_utilisateur = x.id_utilisateur and n.cle_unicite = x.cle)
    order by x.id_livraison limit 500
  loop
    nombre := nombre + coalesce((prive.notifier_evenement(l.id_utilisateur, 'livraison_en_retard', l.cle,
      jsonb_build_object('numero', l.numero_commande, 'livreur', l.nom_complet_livreur, 'telephone', l.numero_telephone_livreur,
        'etat', case when l.a_recuperer
          then 'n''a pas encore récupéré le colis' || coalesce(', prévu ' || prive.moment_lisible(l.date_livraison_prevue, l.fuseau_horaire), '')
            || '. Appelez-le, ou confiez la course à quelqu''un d''autre.'
          else 'a récupéré le colis ' || prive.moment_lisible(l.date_recuperation, l.fuseau_horaire)
            || ' et n''a pas dit qu''il est remis. Appelez-le, ou demandez à votre client.' end),
      'livraison', l.id_livraison,
      case when l.a_recuperer then '[{"action": "choisir", "titre": "Choisir quelqu''un"}]'::jsonb end) > 0)::integer, 0);
  end loop;
  return nombre;
end
$$;
comment on function prive.signaler_retards() is
  'The net for couriers who do nothing: a delivery that is assignee long after its planned time, or on its way for hours, is told to its vendor; how many were. It moves nothing and takes no shop.';
select cron.schedule('signaler-retards', '*/5 * * * *', 'select prive.signaler_retards()');
