-- What becomes of a courier's yes or no.

create function prive.repondre_au_livreur(vendeur uuid, livreur bigint, livraison bigint, proposition bigint, nom text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- Each message of his is worked on once: one transaction, one answer.
  perform prive.dire_au_livreur(vendeur, livreur, nom, prive.valeurs_course(livraison) || jsonb_build_object('livreur', prive.prenom_livreur(livreur)),
    jsonb_build_object('livraison', livraison), format('livraison:%s:reponse:%s:%s', livraison, proposition, pg_current_xact_id()));
end
$$;
comment on function prive.repondre_au_livreur(uuid, bigint, bigint, bigint, text) is 'Answers a courier''s word on an offer with a text of prive.textes that speaks of the delivery.';

create function prive.confier_course(vendeur uuid, livraison bigint, livreur bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  update public.livraisons as l
  set statut_livraison = 'assignee', id_livreur = livreur,
      duree_estimee_minutes = coalesce(prive.minutes_de_course(livraison, livreur), l.duree_estimee_minutes)
  where l.id_livraison = livraison and l.id_utilisateur = vendeur;
end
$$;
comment on function prive.confier_course(uuid, bigint, bigint) is 'Gives a delivery to the courier who accepted it; his offer is acceptee already, the caller holds shop and rows.';

create function prive.repondre_proposition(vendeur uuid, livreur bigint, proposition bigint, accepte boolean) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  maintenant constant timestamptz := prive.maintenant();
  p record;
  l record;
  ouverte record;
  refusee boolean;
  fait text;
  reponse text;
begin
  perform prive.tenir_boutique(vendeur);
  select x.id_livraison, v.id_commande into p
  from public.propositions_livraison as x join public.livraisons as v on v.id_livraison = x.id_livraison and v.id_utilisateur = x.id_utilisateur
  where x.id_proposition = proposition and x.id_utilisateur = vendeur and x.id_livreur = livreur;
  if not found then
    if exists (select from public.livreurs as r where r.id_livreur = livreur and r.id_utilisateur = vendeur) then
      perform prive.dire_au_livreur(vendeur, livreur, 'course_introuvable', '{}', '{}', format('livreur:%s:introuvable:%s', livreur, pg_current_xact_id()));
    end if;
    return 'inconnue';
  end if;
  perform from public.commandes as c where c.id_commande = p.id_commande for no key update;
  select v.statut_livraison, v.id_livreur, v.tour into l from public.livraisons as v where v.id_livraison = p.id_livraison for no key update;
  select x.id_proposition, x.id_livraison, x.statut, x.expire_le, x.score, x.motif, x.details into p
  from public.propositions_livraison as x where x.id_proposition = proposition for update;
  if p.statut = 'proposee' and p.expire_le <= maintenant then
    update public.propositions_livraison as x set statut = 'expiree' where x.id_proposition = proposition;
    p.statut := 'expiree';
  end if;
  select x.id_proposition, x.id_livreur into ouverte from public.propositions_livraison as x
  where x.id_livraison = p.id_livraison and x.id_utilisateur = vendeur and x.statut = 'proposee' and x.expire_le > maintenant;
  if p.statut in ('expiree', 'annulee') and ouverte.id_livreur = livreur then
    -- Asked again since: he answers that.
    return prive.repondre_proposition(vendeur, livreur, ouverte.id_proposition, accepte);
  end if;
  refusee := exists (select from public.propositions_livraison as x
    where x.id_livraison = p.id_livraison and x.id_utilisateur = vendeur and x.id_livreur = livreur and x.statut = 'refusee');

  if l.id_livreur = livreur and l.statut_livraison in ('assignee', 'recuperee', 'en_transit') then
    fait := 'deja_repondu';
    reponse := 'course_deja_a_vous';
  elsif p.statut = 'proposee' and accepte and not exists (
    select from public.livreurs as r where r.id_livreur = livreur and r.id_utilisateur = vendeur and r.livreur_actif) then
    -- Made inactive just as he was being asked.
    update public.propositions_livraison as x set statut = 'annulee', retrait_dit_le = maintenant where x.id_proposition = proposition;
    fait := 'trop_tard';
    reponse := 'course_introuvable';
  elsif p.statut = 'proposee' and l.statut_livraison = 'a_assigner' then
    update public.propositions_livraison as x set statut = case when accepte then 'acceptee' else 'refusee' end where x.id_proposition = proposition;
    fait := case when accepte then 'acceptee' else 'refusee' end;
  elsif not accepte then
    -- Too late, but remembered: he is not asked for it again.
    if not refusee and p.statut in ('expiree', 'annulee') and l.statut_livraison in ('a_assigner', 'sans_livreur') then
      insert into public.propositions_livraison (id_utilisateur, id_livraison, id_livreur, rang, tour, statut, expire_le)
      values (vendeur, p.id_livraison, livreur, prive.rang_suivant(p.id_livraison, vendeur), l.tour, 'refusee', maintenant);
    end if;
    fait := 'deja_repondu';
    reponse := 'course_refusee';
  elsif l.statut_livraison = 'annulee' then
    fait := 'trop_tard';
    reponse := 'course_plus_a_faire';
  elsif l.statut_livraison = 'livree' or l.statut_livraison = 'echec' and l.id_livreur = livreur then
    fait := 'trop_tard';
    reponse := case when l.id_livreur = livreur then 'course_finie' else 'course_deja_prise' end;
  elsif l.statut_livraison in ('assignee', 'recuperee', 'en_transit') then
    fait := 'trop_tard';
    reponse := 'course_deja_prise';
  elsif refusee then
    fait := 'deja_repondu';
    reponse := 'course_deja_refusee';
  elsif ouverte.id_livreur is not null then
    fait := 'trop_tard';
    reponse := 'course_proposee_ailleurs';
  elsif p.statut = 'expiree' and l.statut_livraison in ('a_assigner', 'sans_livreur') and p.expire_le > maintenant - interval '1 day'
    and exists (select from public.livreurs as r where r.id_livreur = livreur and r.id_utilisateur = vendeur and r.livreur_actif) then
    -- Late, but nobody else has it: his.
    insert into public.propositions_livraison (id_utilisateur, id_livraison, id_livreur, rang, tour, statut, score, motif, details, expire_le)
    values (vendeur, p.id_livraison, livreur, prive.rang_suivant(p.id_livraison, vendeur), l.tour, 'acceptee', p.score, p.motif, p.details, maintenant);
    fait := 'acceptee';
  else
    fait := 'trop_tard';
    reponse := 'course_introuvable';
  end if;

  if fait = 'acceptee' then
    perform prive.confier_course(vendeur, p.id_livraison, livreur);
    reponse := 'course_acceptee';
  elsif fait = 'refusee' then
    perform prive.demander_livraison(jsonb_build_object('genre', 'chercher', 'id_livraison', p.id_livraison));
    reponse := 'course_refusee';
  end if;
  perform prive.repondre_au_livreur(vendeur, livreur, p.id_livraison, proposition, reponse);
  return fait;
end
$$;
comment on function prive.repondre_proposition(uuid, bigint, bigint, boolean) is
  'A courier accepts or refuses an offer; one wins, and every call answers him once. acceptee: the delivery is his (also late, as long as nobody else is asked or has it); refusee: remembered, the next one is asked; trop_tard; deja_repondu: it is his already, or he had refused; inconnue: no offer of this vendor to this courier. Takes the shop.';
