-- Asking couriers: one after the other, until one accepts or the vendor must decide.

insert into prive.reglages (nom, valeur, role) values
  ('proposition_livraison_s', 300, 'How long a courier has to answer an offer before the next one is asked, seconds.');

create function prive.prenom(nom text) returns text
language plpgsql immutable strict parallel safe set search_path = ''
as $$
begin
  return left(split_part(btrim(nom), ' ', 1), 30);
end
$$;
comment on function prive.prenom(text) is 'How a person is called: "Mamadou Diabaté" is Mamadou.';

-- ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────

create function prive.retirer_propositions(vendeur uuid, livraison bigint, livreur bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  p record;
  e record;
  valeurs jsonb;
begin
  for p in
    select x.id_proposition, x.id_livreur, x.rang from public.propositions_livraison as x
    where x.id_livraison = livraison and x.id_utilisateur = vendeur and x.statut = 'annulee' and x.retrait_dit_le is null
    order by x.rang for no key update
  loop
    update public.propositions_livraison as x set retrait_dit_le = prive.maintenant() where x.id_proposition = p.id_proposition;
    -- Given to him by hand, or asked again: there is nothing to take back.
    continue when p.id_livreur = livreur or exists (
      select from public.propositions_livraison as x
      where x.id_livraison = livraison and x.id_utilisateur = vendeur and x.id_livreur = p.id_livreur and x.rang > p.rang);
    valeurs := prive.valeurs_course(livraison);
    select x.mode, x.compte_business into e from prive.ecriture(prive.conversation_livreur(vendeur, p.id_livreur), true) as x;
    -- A courtesy: not worth a message that fails and is told to the vendor. Who taps all the same is answered.
    continue when e.mode is null or e.mode = 'interdit'
      or e.mode = 'modele' and prive.secours_de(vendeur, e.compte_business, 'course_retiree', valeurs) is null;
    perform prive.dire_au_livreur(vendeur, p.id_livreur, 'course_retiree', valeurs, jsonb_build_object('livraison', livraison),
      format('livraison:%s:retiree:%s', livraison, p.id_proposition));
    -- Two couriers' conversations in one transaction would be waited for in a circle: who is left has a job of his own.
    if prive.reste_a_retirer(livraison) then
      perform prive.demander_livraison(jsonb_build_object('genre', 'chercher', 'id_livraison', livraison));
    end if;
    return;
  end loop;
end
$$;
comment on function prive.retirer_propositions(uuid, bigint, bigint) is
  'Tells, once, who was asked for a delivery and had not answered when it was taken back, if he may be written to; not the courier who has it now.';

create function prive.reste_a_retirer(livraison bigint) returns boolean
language plpgsql stable security definer set search_path = ''
as $$
begin
  return exists (select from public.propositions_livraison as x where x.id_livraison = livraison and x.statut = 'annulee' and x.retrait_dit_le is null);
end
$$;
comment on function prive.reste_a_retirer(bigint) is 'Whether an offer was taken back whose courier prive.retirer_propositions has not looked at yet.';

create function prive.chercher_livreur(livraison bigint) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  l record;
  fait text;
begin
  select v.id_utilisateur, v.id_commande into l from public.livraisons as v where v.id_livraison = livraison;
  if not found then
    return 'disparue';
  end if;
  perform prive.tenir_boutique(l.id_utilisateur);
  perform from public.commandes as x where x.id_commande = l.id_commande for no key update;
  select v.id_utilisateur, v.id_livreur into l from public.livraisons as v where v.id_livraison = livraison for no key update;
  if not found then
    return 'disparue';
  end if;
  fait := prive.demander_un_livreur(livraison);
  -- Only now: who is asked anew is not told in between that there is nothing to take.
  if fait <> 'proposee' then
    perform prive.retirer_propositions(l.id_utilisateur, livraison, l.id_livreur);
  elsif prive.reste_a_retirer(livraison) then
    perform prive.demander_livraison(jsonb_build_object('genre', 'chercher', 'id_livraison', livraison));
  end if;
  return fait;
end
$$;
comment on function prive.chercher_livreur(bigint) is
  'A job "chercher": prive.demander_un_livreur with shop, order and delivery held, and who was asked in vain is told. Harmless at any time and any number of times. What it did, or disparue.';

create function prive.demander_un_livreur(livraison bigint) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  maintenant constant timestamptz := prive.maintenant();
  l record;
  c record;
  ouvre timestamptz;
  conversation bigint;
  proposition bigint;
  echecs bigint[] := '{}';
  delai_s constant integer := prive.reglage('proposition_livraison_s');
begin
  select v.id_utilisateur, v.statut_livraison, v.demander_le, v.tour, v.date_livraison_prevue as prevue into strict l
  from public.livraisons as v where v.id_livraison = livraison;
  if l.statut_livraison not in ('a_assigner', 'sans_livreur') then
    return 'rien_a_faire';
  elsif l.demander_le is null then
    return 'a_la_main';
  elsif l.demander_le > maintenant then
    -- Whoever wrote demander_le has left a job for then; prive.reprendre_recherches sees to one that is lost.
    return 'plus_tard';
  end if;
  update public.propositions_livraison as p set statut = 'expiree'
  where p.id_livraison = livraison and p.id_utilisateur = l.id_utilisateur and p.statut = 'proposee' and p.expire_le <= maintenant;
  if exists (select from public.propositions_livraison as p
             where p.id_livraison = livraison and p.id_utilisateur = l.id_utilisateur and p.statut = 'proposee') then
    return 'deja_proposee';
  end if;
  ouvre := prive.ouverture_livreurs(l.id_utilisateur, maintenant);

  for c in select x.* from prive.classer_livreurs(livraison) as x where x.eligible loop
    if l.statut_livraison = 'sans_livreur' then
      -- Somebody is there again: it goes on in the same round.
      update public.livraisons as v set statut_livraison = 'a_assigner', demander_le = ouvre where v.id_livraison = livraison;
      l.statut_livraison := 'a_assigner';
    end if;
    exit when ouvre > maintenant;
    if l.prevue < maintenant then
      -- Nobody is asked to come yesterday.
      l.prevue := prive.heure_de_livraison(l.id_utilisateur, null);
      update public.livraisons as v set date_livraison_prevue = l.prevue, demander_le = maintenant where v.id_livraison = livraison;
    end if;
    -- What the ranking cannot know at its price: Meta could not reach him today.
    conversation := prive.conversation_livreur(l.id_utilisateur, c.id_livreur);
    if not exists (select from prive.ecriture(conversation, true) as e
                   where e.mode = 'libre' or e.mode = 'modele' and e.raison = 'fenetre_fermee') then
      echecs := echecs || c.id_livreur;
      continue;
    end if;
    insert into public.propositions_livraison (id_utilisateur, id_livraison, id_livreur, rang, tour, score, motif, details, expire_le)
    values (l.id_utilisateur, livraison, c.id_livreur, prive.rang_suivant(livraison, l.id_utilisateur), l.tour, c.score, c.motif, c.details,
      maintenant + make_interval(secs => delai_s))
    returning id_proposition into proposition;
    perform prive.proposer_course(l.id_utilisateur, livraison, c.id_livreur, proposition, delai_s);
    return 'proposee';
  end loop;

  if l.statut_livraison = 'sans_livreur' then
    return 'personne';
  elsif ouvre > maintenant then
    update public.livraisons as v set demander_le = ouvre where v.id_livraison = livraison;
    return 'plus_tard';
  end if;
  perform prive.laisser_sans_livreur(livraison, echecs);
  return 'sans_livreur';
end
$$;
comment on function prive.demander_un_livreur(bigint) is
  'Asks the next courier of a delivery that waits for one, if it is time and nobody is being asked; nobody left: sans_livreur, and the vendor is told once per round. A planned time that is over becomes the next possible one. What it did: proposee, sans_livreur, deja_proposee, plus_tard (not yet, or at night), a_la_main (demander_le null), personne (still nobody), rien_a_faire. The caller holds shop and rows.';

create function prive.rang_suivant(livraison bigint, vendeur uuid) returns integer
language plpgsql stable security definer set search_path = ''
as $$
begin
  return coalesce((select max(p.rang) from public.propositions_livraison as p where p.id_livraison = livraison and p.id_utilisateur = vendeur), 0) + 1;
end
$$;
comment on function prive.rang_suivant(bigint, uuid) is 'The rank of the next offer of a delivery; the caller holds its row.';

create function prive.proposer_course(vendeur uuid, livraison bigint, livreur bigint, proposition bigint, delai_s integer) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  valeurs jsonb := prive.valeurs_course(livraison);
begin
  perform prive.dire_au_livreur(vendeur, livreur, 'proposition_course',
    valeurs - array['client', 'telephone'] || jsonb_build_object('proposition', proposition::text, 'livreur', prive.prenom_livreur(livreur),
      'destination', prive.sans_numero(valeurs ->> 'destination'), 'articles', prive.sans_numero(valeurs ->> 'articles'),
      'delai', case when delai_s < 120 then delai_s || ' secondes' else delai_s / 60 || ' minutes' end),
    jsonb_build_object('livraison', livraison, 'proposition', proposition), format('livraison:%s:proposition:%s', livraison, proposition));
end
$$;
comment on function prive.proposer_course(uuid, bigint, bigint, bigint, integer) is 'Writes an offer to the courier, with its two buttons and without the customer''s name and number.';

create function prive.prenom_livreur(livreur bigint) returns text
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (select prive.prenom(r.nom_complet_livreur) from public.livreurs as r where r.id_livreur = livreur);
end
$$;
comment on function prive.prenom_livreur(bigint) is 'How a courier is called.';

create function prive.laisser_sans_livreur(livraison bigint, non_joints bigint[]) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  l record;
  valeurs jsonb;
  raison text;
  dit text;
  hors_zone boolean;
begin
  -- A courier stands in the first of his reasons; what alone keeps somebody away is what the vendor can do something about.
  with tous as (
    select r.nom, r.raisons || case when r.id_livreur = any (non_joints) then '{injoignable}'::text[] else '{}' end as raisons
    from prive.classer_livreurs(livraison) as r),
  groupes as (
    select g.rang, g.titre, count(*) as n, string_agg(prive.prenom(t.nom), ', ' order by t.nom) as noms
    from tous as t
    join (values (1, 'sans_reponse', 'Demandés sans accord'), (1, 'refus', 'Demandés sans accord'), (2, 'indisponible', 'Indisponibles'),
      (3, 'hors_zone', 'Hors de leurs zones'), (4, 'vehicule', 'Véhicule inadapté'),
      (5, 'injoignable', 'Injoignables sur WhatsApp tant qu''ils ne vous ont pas écrit')) as g (rang, raison, titre) on g.raison = t.raisons[1]
    group by g.rang, g.titre)
  select case
      when not exists (select from tous) then 'aucun_livreur'
      when exists (select from tous as t where t.raisons && '{refus,sans_reponse}') then 'personne_n_accepte'
      when exists (select from tous as t where t.raisons = '{hors_zone}') then 'hors_zone'
      when exists (select from tous as t where t.raisons = '{vehicule}') then 'vehicule'
      when exists (select from tous as t where t.raisons = '{injoignable}') then 'injoignables'
      else 'aucun_disponible' end,
    exists (select from tous as t where 'hors_zone' = any (t.raisons)),
    coalesce((select string_agg(format('%s : %s%s.', g.titre, g.n, case when g.n <= 3 then ' (' || g.noms || ')' else '' end), ' ' order by g.rang)
      from groupes as g), case when exists (select from tous) then 'Aucun livreur ne peut la prendre.'
        else 'Votre boutique n''a aucun livreur actif.' end)
  into raison, hors_zone, dit;
  if raison <> 'aucun_livreur' and exists (
    select from public.livraisons as v cross join lateral prive.comptes_pour_proposer(v.id_utilisateur) as w
    where v.id_livraison = livraison and w.actifs = '{}') then
    raison := 'injoignables';
    dit := 'Votre numéro WhatsApp n''est pas connecté : vos livreurs seront demandés dès qu''il le sera de nouveau.';
  end if;
  update public.livraisons as v set statut_livraison = 'sans_livreur', raison_statut = raison, motif_statut = left(dit, 500)
  where v.id_livraison = livraison
  returning v.id_utilisateur, v.version_code, v.tour into l;
  valeurs := prive.valeurs_course(livraison);
  perform prive.notifier_evenement(l.id_utilisateur, 'personne_disponible', format('livraison:%s:personne:%s:%s', livraison, l.version_code, l.tour),
    jsonb_build_object('numero', valeurs -> 'numero', 'client', valeurs -> 'client', 'destination', valeurs -> 'destination', 'motif', left(dit, 500)),
    'livraison', livraison,
    -- Only what can help: without couriers nothing does, and not every zone is too narrow.
    (select coalesce(jsonb_agg(a.value order by a.ordinality), '[]')
      from prive.evenements as e cross join jsonb_array_elements(e.actions) with ordinality as a
      where e.nom = 'personne_disponible' and raison <> 'aucun_livreur' and (hors_zone or a.value ->> 'action' <> 'elargir')));
end
$$;
comment on function prive.laisser_sans_livreur(bigint, bigint[]) is
  'Nobody is left to ask: the delivery says why, for programs and for people, and the vendor is told once per try and round. non_joints: couriers who could not be written to just now. The caller holds shop and rows.';
