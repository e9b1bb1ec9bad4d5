-- What couriers write to the shop: known as theirs, and the facts with which it is understood in TypeScript
-- (functions/livraison/lire-livreur.ts). It is done in 0938_suivre_livreur.sql.

-- ── whose conversation it is ─────────────────────────────────────────────────────────────────────────────────────

create function prive.livreur_au_numero(vendeur uuid, numero text) returns bigint
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (select l.id_livreur from public.livreurs as l
    where l.id_utilisateur = vendeur and l.numero_telephone_livreur = numero
      -- Who was made inactive on his way still ends what he has in his hands.
      and (l.livreur_actif or exists (select from public.livraisons as v
        where v.id_livreur = l.id_livreur and v.id_utilisateur = vendeur and v.statut_livraison in ('assignee', 'recuperee', 'en_transit'))));
end
$$;
comment on function prive.livreur_au_numero(uuid, text) is 'The courier of a vendor who has this number and is active, or has a delivery to end; null when there is none.';

create function prive.livreur_du_prospect(vendeur uuid, prospect bigint) returns bigint
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (select prive.livreur_au_numero(vendeur,
      -- A number that the vendor noted is his only as long as nobody has written from another one.
      coalesce(p.numero_whatsapp, case when p.identifiant_whatsapp is null then p.numero_telephone end))
    from public.prospects as p where p.id_prospect = prospect and p.id_utilisateur = vendeur);
end
$$;
comment on function prive.livreur_du_prospect(uuid, bigint) is 'The courier (prive.livreur_au_numero) who a prospect is, by the number Meta says he writes from; null when he is none.';

create function prive.tg_livreurs__conversations() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if tg_op = 'UPDATE' then
    update public.conversations as c set id_livreur = null
    where c.id_livreur = new.id_livreur and c.id_utilisateur = new.id_utilisateur and c.statut_conversation in ('active', 'en_pause')
      and prive.livreur_du_prospect(c.id_utilisateur, c.id_prospect) is distinct from new.id_livreur;
  end if;
  if new.livreur_actif then
    update public.conversations as c set id_livreur = new.id_livreur
    from public.prospects as p
    where p.id_utilisateur = new.id_utilisateur
      and (p.numero_whatsapp = new.numero_telephone_livreur
        or p.numero_whatsapp is null and p.identifiant_whatsapp is null and p.numero_telephone = new.numero_telephone_livreur)
      and c.id_prospect = p.id_prospect and c.id_utilisateur = p.id_utilisateur and c.statut_conversation in ('active', 'en_pause')
      and c.id_livreur is distinct from new.id_livreur;
  end if;
  return null;
end
$$;
comment on function prive.tg_livreurs__conversations() is
  'After a courier is added, comes or goes, or has another number: the open conversations of who writes from it are his, and of nobody else.';
create trigger tg_livreurs__conversations_nouveau after insert on public.livreurs
  for each row execute function prive.tg_livreurs__conversations();
create trigger tg_livreurs__conversations after update of numero_telephone_livreur, livreur_actif on public.livreurs
  for each row when ((old.numero_telephone_livreur, old.livreur_actif) is distinct from (new.numero_telephone_livreur, new.livreur_actif))
  execute function prive.tg_livreurs__conversations();

create function prive.tg_prospects__livreur() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  livreur constant bigint := prive.livreur_au_numero(new.id_utilisateur, new.numero_whatsapp);
begin
  if livreur is not null then
    update public.conversations as c set id_livreur = livreur
    where c.id_prospect = new.id_prospect and c.id_utilisateur = new.id_utilisateur and c.statut_conversation in ('active', 'en_pause')
      and c.id_livreur is distinct from livreur;
  end if;
  return null;
end
$$;
comment on function prive.tg_prospects__livreur() is
  'After Meta says from which number somebody writes: is it a courier''s, his open conversations are his. A courier who has changed his number himself stays one.';
create trigger tg_prospects__livreur after update of numero_whatsapp on public.prospects
  for each row when (old.numero_whatsapp is distinct from new.numero_whatsapp and new.numero_whatsapp is not null)
  execute function prive.tg_prospects__livreur();

-- ── what helps to understand a message ───────────────────────────────────────────────────────────────────────────

create function prive.sujet_de(m public.messages, vu_le timestamptz) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  return pg_catalog.jsonb_build_object(
    'de', case when m.avec_livreur then case when m.direction_message = 'entrant' then 'lui' else 'livreur' end
      when m.direction_message = 'entrant' then 'client' when m.genere_par_ia then 'ia' else 'personne' end,
    'proposition', m.charge_utile -> 'proposition', 'livraison', m.charge_utile -> 'livraison',
    'boutons', coalesce((select pg_catalog.jsonb_agg(b.value -> 'id' order by b.ordinality)
      from pg_catalog.jsonb_array_elements(prive.tableau(m.charge_utile -> 'boutons')) with ordinality as b), '[]'),
    'question', m.contenu_message ~ '[?]\s*$', 'il_y_a_min', pg_catalog.floor(extract(epoch from greatest(vu_le - m.date_creation, interval '0')) / 60));
end
$$;
comment on function prive.sujet_de(public.messages, timestamptz) is
  'What a message was about: { de: livreur (to him, about deliveries), lui (from him, about deliveries), client (from him as a customer), ia or personne (to him as a customer), proposition, livraison, boutons: [id], question: it asks something, il_y_a_min }.';

create function prive.contexte_livreur(message bigint) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  m public.messages;
  c record;
  avant public.messages;
  cite public.messages;
  choix text;
begin
  select x.* into m from public.messages as x where x.id_message = message;
  select v.id_livreur, v.panier <> '{}' and coalesce(v.panier -> 'lignes', '[]') <> '[]' as panier, v.etape,
         v.ia_activee and v.statut_conversation = 'active' as ia
  into c from public.conversations as v where v.id_conversation = m.id_conversation and v.id_livreur is not null;
  if not found then
    return null;
  end if;
  choix := prive.choix_fait(m.charge_utile);
  select x.* into avant from public.messages as x
  where x.id_conversation = m.id_conversation and x.id_utilisateur = m.id_utilisateur and x.id_message < message
    and x.direction_message = 'sortant' and x.statut_livraison <> 'echec' and x.type_message <> 'reaction'
  order by x.id_message desc limit 1;
  select x.* into cite from public.messages as x
  where x.id_compte_whatsapp = m.id_compte_whatsapp and x.id_utilisateur = m.id_utilisateur and x.identifiant_message_whatsapp = m.reponse_a
    and x.id_conversation = m.id_conversation;
  return pg_catalog.jsonb_build_object(
    'message', pg_catalog.jsonb_build_object('id', m.id_message, 'type', m.type_message,
      'texte', coalesce(nullif(m.contenu_message, ''), (
        select d.transcription from public.medias as d
        where d.id_conversation = m.id_conversation and d.id_utilisateur = m.id_utilisateur and d.id_message = m.id_message), ''),
      'choix', choix,
      -- A choice that points to what he wrote before, such as a code that fits several deliveries.
      'mots_choisis', (select x.contenu_message from public.messages as x
        where x.id_message = (pg_catalog.regexp_match(choix, '^livraison:[0-9]{1,15}:code:([0-9]{1,15})$'))[1]::bigint
          and x.id_conversation = m.id_conversation and x.id_utilisateur = m.id_utilisateur and x.direction_message = 'entrant'),
      'position', prive.position_dite(m.charge_utile) is not null,
      'photo', m.type_message = 'image' and coalesce(m.charge_utile, '{}') ? 'image',
      'reponse_a', case when cite.id_message is not null then prive.sujet_de(cite, m.date_creation) end),
    'avant', case when avant.id_message is not null then prive.sujet_de(avant, m.date_creation) end,
    'propositions', coalesce((
      select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', p.id_proposition, 'livraison', p.id_livraison, 'ouverte', p.statut = 'proposee',
        'destination', pg_catalog.left(l.adresse_destination, 100)) order by p.id_proposition)
      from public.propositions_livraison as p
      join public.livraisons as l on l.id_livraison = p.id_livraison and l.id_utilisateur = p.id_utilisateur
      where p.id_livreur = c.id_livreur and p.id_utilisateur = m.id_utilisateur
        and (p.statut = 'proposee' or p.statut in ('expiree', 'annulee') and p.expire_le > m.date_creation - interval '2 hours')), '[]'),
    'livraisons', coalesce((
      select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', l.id_livraison, 'numero', k.numero_commande, 'statut', l.statut_livraison,
        'destination', pg_catalog.left(l.adresse_destination, 100), 'client', coalesce(k.nom_client, q.nom_complet, '')) order by l.id_livraison)
      from public.livraisons as l
      join public.commandes as k on k.id_commande = l.id_commande and k.id_utilisateur = l.id_utilisateur
      join public.prospects as q on q.id_prospect = k.id_prospect and q.id_utilisateur = k.id_utilisateur
      where l.id_livreur = c.id_livreur and l.id_utilisateur = m.id_utilisateur and l.statut_livraison in ('assignee', 'recuperee', 'en_transit')), '[]'),
    'finies', (
      select pg_catalog.count(*) from public.livraisons as l
      where l.id_livreur = c.id_livreur and l.id_utilisateur = m.id_utilisateur and l.statut_livraison in ('livree', 'echec', 'annulee')
        and l.date_modification > prive.maintenant() - interval '12 hours'),
    'dialogue', c.panier or c.etape in ('qualification', 'recapitulatif'), 'ia', c.ia);
end
$$;
comment on function prive.contexte_livreur(bigint) is
  'What helps to understand a message in a courier''s conversation: the type ContexteLivreur of functions/livraison/lire-livreur.ts; null when it is no courier''s (any more). Nothing of another courier, and no code.';
