-- A prospect, his conversations and their messages; and where he came from.

-- ── campaigns ────────────────────────────────────────────────────────────────────────────────────────────────────

create table public.campagnes_marketing (
  id_campagne bigint generated always as identity primary key,
  id_utilisateur uuid not null references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  nom_campagne text not null,
  type_campagne text not null constraint type_connu
    check (type_campagne in ('pub_facebook', 'pub_instagram', 'diffusion_whatsapp', 'campagne_email')),
  statut_campagne text not null default 'brouillon' constraint statut_connu
    check (statut_campagne in ('brouillon', 'active', 'en_pause', 'terminee', 'annulee')),
  budget_campagne numeric(12, 2) constraint budget_positif check (budget_campagne between 0 and 9999999999.99),
  audience_cible text,
  modele_message text,
  identifiant_pub text,
  date_debut timestamptz,
  date_fin timestamptz,
  date_creation timestamptz not null default prive.maintenant(),
  constraint fin_apres_debut check (date_fin >= date_debut),
  constraint campagnes_du_vendeur unique (id_campagne, id_utilisateur)
);
comment on table public.campagnes_marketing is 'Advertising and broadcasts of a vendor; budget in his currency. Ended by its status and never deleted: prospects, conversations and figures speak of it.';
comment on column public.campagnes_marketing.identifiant_pub is 'Meta''s ad id: the source_id of click-to-WhatsApp referrals leads to this campaign.';
create index campagnes_marketing_par_vendeur on public.campagnes_marketing (id_utilisateur, date_creation desc, id_campagne);
create unique index campagnes_marketing_par_pub on public.campagnes_marketing (id_utilisateur, identifiant_pub);
alter table public.campagnes_marketing enable row level security;
create policy "un membre lit les campagnes de ses vendeurs" on public.campagnes_marketing for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('lecteur')));
create policy "un gestionnaire cree des campagnes" on public.campagnes_marketing for insert to authenticated
  with check (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')));
create policy "un gestionnaire modifie les campagnes" on public.campagnes_marketing for update to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')))
  with check (id_utilisateur in (select prive.mes_vendeurs('gestionnaire')));
grant select on public.campagnes_marketing to authenticated;
grant insert (id_utilisateur, nom_campagne, type_campagne, statut_campagne, budget_campagne, audience_cible, modele_message,
  identifiant_pub, date_debut, date_fin) on public.campagnes_marketing to authenticated;
grant update (nom_campagne, type_campagne, statut_campagne, budget_campagne, audience_cible, modele_message,
  identifiant_pub, date_debut, date_fin) on public.campagnes_marketing to authenticated;

-- ── prospects ────────────────────────────────────────────────────────────────────────────────────────────────────

create table public.prospects (
  id_prospect bigint generated always as identity primary key,
  id_utilisateur uuid not null references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  numero_telephone text constraint numero_e164 check (numero_telephone ~ '^\+[1-9][0-9]{7,14}$'),
  identifiant_whatsapp text,
  attend_identifiant boolean not null default false,
  numero_whatsapp text constraint numero_whatsapp_e164 check (numero_whatsapp ~ '^\+[1-9][0-9]{7,14}$'),
  nom_complet text,
  source_acquisition text not null default 'direct' constraint source_connue
    check (source_acquisition in ('pub_facebook', 'pub_instagram', 'pub_whatsapp', 'direct', 'recommandation')),
  statut_prospect text not null default 'prospect' constraint statut_connu
    check (statut_prospect in ('prospect', 'qualifie', 'client', 'inactif')),
  localisation text,
  notes_personnelles text,
  id_campagne bigint,
  reference_pub jsonb,
  desabonne_le timestamptz,
  preference_le timestamptz,
  est_livreur boolean not null default false,
  nombre_commandes_total integer not null default 0,
  montant_depense_total numeric(12, 2) not null default 0,
  date_premier_contact timestamptz not null default prive.maintenant(),
  derniere_activite timestamptz not null default prive.maintenant(),
  date_creation timestamptz not null default prive.maintenant(),
  constraint joignable check (numero_telephone is not null or identifiant_whatsapp is not null),
  constraint prospects_du_vendeur unique (id_prospect, id_utilisateur),
  constraint numero_unique_par_vendeur unique (id_utilisateur, numero_telephone),
  constraint identifiant_whatsapp_unique_par_vendeur unique (id_utilisateur, identifiant_whatsapp),
  constraint campagne_du_vendeur foreign key (id_campagne, id_utilisateur)
    references public.campagnes_marketing (id_campagne, id_utilisateur) on delete set null (id_campagne)
);
comment on table public.prospects is 'The people who write to a vendor; the same person at two vendors is two rows.';
comment on column public.prospects.identifiant_whatsapp is 'Meta''s id of the person for this business: the BSUID where Meta gives one, else the wa_id. Never derived from digits of a number.';
comment on column public.prospects.numero_whatsapp is 'The number Meta says he writes from: replies go there, whatever the vendor notes as numero_telephone. Null while Meta hides it.';
comment on column public.prospects.attend_identifiant is 'Meta said that he has a new number, not under which business-scoped id: his next message from that number brings it.';
comment on column public.prospects.derniere_activite is 'His last message, to the minute.';
comment on column public.prospects.reference_pub is 'The click-to-WhatsApp referral as Meta sent it (source_id, ctwa_clid, headline, …).';
comment on column public.prospects.desabonne_le is 'Since when the person wants no marketing; service messages go on.';
comment on column public.prospects.preference_le is 'When he last said, by Meta''s clock, whether he wants marketing: an older word that comes late changes nothing.';
comment on column public.prospects.est_livreur is
  'Known as a courier alone so far: he is in no figure of prospects. False from his first word as a customer on.';
comment on column public.prospects.nombre_commandes_total is 'Orders confirmed and neither annulee nor echec; kept by the orders'' triggers.';
comment on column public.prospects.montant_depense_total is 'Sum of their montant_total, in the vendor''s currency; kept by the orders'' triggers.';
create index prospects_par_vendeur on public.prospects (id_utilisateur, date_creation desc, id_prospect);
create index prospects_par_numero_whatsapp on public.prospects (id_utilisateur, numero_whatsapp) where numero_whatsapp is not null;
create index prospects_par_campagne on public.prospects (id_campagne, id_utilisateur) where id_campagne is not null;

create function prive.telephone_chez(vendeur uuid, numero text) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
  lu text := prive.normaliser_telephone(numero, case when numero not like '+%' then (
    select u.pays from public.utilisateurs_fluxasync as u where u.id_utilisateur = vendeur) end);
begin
  if lu !~ '^\+[1-9][0-9]{7,14}$' then
    perform prive.refuser('telephone_invalide', 'Ce numéro de téléphone n''est pas valable : ' || left(numero, 40));
  end if;
  return lu;
end
$$;
comment on function prive.telephone_chez(uuid, text) is
  'A number as it is typed at a vendor''s, in E.164; null stays null. Hint telephone_invalide when it cannot be one.';

create function prive.tg_prospects__telephone() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  new.numero_telephone := prive.telephone_chez(new.id_utilisateur, new.numero_telephone);
  return new;
end
$$;
comment on function prive.tg_prospects__telephone() is 'Before a number is written: E.164 by the vendor''s country.';
create trigger tg_prospects__telephone before insert or update of numero_telephone on public.prospects
  for each row when (new.numero_telephone is not null) execute function prive.tg_prospects__telephone();

alter table public.prospects enable row level security;
create policy "un membre lit les prospects de ses vendeurs" on public.prospects for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('lecteur')));
create policy "un agent ajoute des prospects" on public.prospects for insert to authenticated
  with check (id_utilisateur in (select prive.mes_vendeurs('agent')));
create policy "un agent modifie les prospects" on public.prospects for update to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('agent')))
  with check (id_utilisateur in (select prive.mes_vendeurs('agent')));
grant select on public.prospects to authenticated;
grant insert (id_utilisateur, numero_telephone, nom_complet, source_acquisition, statut_prospect, localisation, notes_personnelles, id_campagne)
  on public.prospects to authenticated;
grant update (numero_telephone, nom_complet, source_acquisition, statut_prospect, localisation, notes_personnelles, id_campagne)
  on public.prospects to authenticated;

-- ── conversations ────────────────────────────────────────────────────────────────────────────────────────────────

create table public.conversations (
  id_conversation bigint generated always as identity primary key,
  id_utilisateur uuid not null references public.utilisateurs_fluxasync (id_utilisateur) on delete cascade,
  id_prospect bigint not null,
  id_compte_whatsapp bigint not null,
  statut_conversation text not null default 'active' constraint statut_connu
    check (statut_conversation in ('active', 'en_pause', 'terminee', 'archivee')),
  ia_activee boolean not null default true,
  prise_en_main_par uuid references auth.users (id) on delete set null,
  main_depuis timestamptz,
  etape text not null default 'accueil' constraint etape_connue
    check (etape in ('accueil', 'qualification', 'recapitulatif', 'confirmee', 'abandon')),
  id_campagne bigint,
  id_livreur bigint,
  panier jsonb not null default '{}' constraint panier_est_un_objet check (jsonb_typeof(panier) = 'object'),
  non_lus integer not null default 0 constraint non_lus_positif check (non_lus between 0 and 99999),
  dernier_message_recu timestamptz,
  activite_le timestamptz not null default prive.maintenant(),
  fenetre_expire_le timestamptz,
  date_debut timestamptz not null default prive.maintenant(),
  date_fin timestamptz,
  date_creation timestamptz not null default prive.maintenant(),
  constraint finie_si_terminee check ((statut_conversation in ('terminee', 'archivee')) = (date_fin is not null)),
  constraint conversations_du_vendeur unique (id_conversation, id_utilisateur),
  constraint conversations_du_prospect unique (id_conversation, id_prospect, id_utilisateur),
  constraint prospect_du_vendeur foreign key (id_prospect, id_utilisateur)
    references public.prospects (id_prospect, id_utilisateur) on delete cascade,
  constraint compte_du_vendeur foreign key (id_compte_whatsapp, id_utilisateur)
    references public.comptes_whatsapp (id_compte_whatsapp, id_utilisateur) on delete cascade,
  constraint campagne_du_vendeur foreign key (id_campagne, id_utilisateur)
    references public.campagnes_marketing (id_campagne, id_utilisateur) on delete set null (id_campagne)
) with (fillfactor = 80);
comment on table public.conversations is 'One exchange with one prospect on one WhatsApp number; at most one is open (active or en_pause) at a time.';
comment on column public.conversations.ia_activee is 'False: a person answers and the AI is silent.';
comment on column public.conversations.prise_en_main_par is 'Who took the conversation over; null also when the AI itself asked for a person.';
comment on column public.conversations.id_campagne is 'The campaign whose advertisement led to this conversation; the first click counts.';
comment on column public.conversations.id_livreur is
  'The courier who writes here; he may be a customer as well: messages.avec_livreur says which of the two a message is about.';
comment on column public.conversations.main_depuis is
  'From when delai_retour_ia_minutes counts: since the AI handed over, or a person took over or last wrote. Null: the AI has it, or nobody came after it was given back by that delay, and it waits for a person.';
comment on column public.conversations.panier is
  'The basket of the dialogue: what is wanted, where it goes, and what was last shown of it (form: prive.panier_propre). Prices are not in it: they are those of now.';
comment on column public.conversations.non_lus is 'Messages of the prospect nobody of the team has read.';
comment on column public.conversations.activite_le is
  'By which an inbox is sorted: dernier_message_recu to the minute. The exact time is in no index, so that a message rewrites one row and no index entry.';
comment on column public.conversations.fenetre_expire_le is 'End of Meta''s customer service window: 24 h after the prospect''s last message. Free-form messages go out before it only.';
create unique index une_conversation_ouverte on public.conversations (id_prospect, id_compte_whatsapp)
  where statut_conversation in ('active', 'en_pause');
create index conversations_par_vendeur on public.conversations (id_utilisateur, date_creation desc, id_conversation);
create index conversations_par_activite on public.conversations (id_utilisateur, activite_le desc, id_conversation);
create index conversations_par_prospect on public.conversations (id_prospect, id_utilisateur, id_conversation);
create statistics prive.conversations_prospect_et_vendeur (dependencies) on id_prospect, id_utilisateur from public.conversations;
create index conversations_par_compte on public.conversations (id_compte_whatsapp, id_utilisateur);
create index conversations_par_campagne on public.conversations (id_campagne, id_utilisateur) where id_campagne is not null;
create index conversations_en_main on public.conversations (id_utilisateur, main_depuis) where main_depuis is not null;
create index conversations_par_main on public.conversations (prise_en_main_par) where prise_en_main_par is not null;

create function prive.tg_conversations__date_fin() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if new.statut_conversation in ('active', 'en_pause') then
    new.date_fin := null;
  else
    new.date_fin := coalesce(new.date_fin, prive.maintenant());
  end if;
  return new;
end
$$;
comment on function prive.tg_conversations__date_fin() is 'Before a status is written: date_fin is there exactly when the conversation is over.';
create trigger tg_conversations__date_fin before insert or update of statut_conversation on public.conversations
  for each row execute function prive.tg_conversations__date_fin();

create function prive.tg_conversations__en_avant() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if not (old.statut_conversation, new.statut_conversation) in (
    ('active', 'en_pause'), ('en_pause', 'active'), ('active', 'terminee'), ('en_pause', 'terminee'),
    ('active', 'archivee'), ('en_pause', 'archivee'), ('terminee', 'archivee')) then
    perform prive.refuser('transition_interdite', pg_catalog.format(
      'Une conversation %s ne peut pas devenir %s.', old.statut_conversation, new.statut_conversation));
  end if;
  return new;
end
$$;
comment on function prive.tg_conversations__en_avant() is
  'active ⇄ en_pause → terminee → archivee; a closed conversation is not opened again, the next message opens a new one.';
create trigger tg_conversations__en_avant before update of statut_conversation on public.conversations
  for each row when (old.statut_conversation is distinct from new.statut_conversation)
  execute function prive.tg_conversations__en_avant();

alter table public.conversations enable row level security;
create policy "un membre lit les conversations de ses vendeurs" on public.conversations for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('lecteur')));
create policy "un agent suit les conversations" on public.conversations for update to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('agent')))
  with check (id_utilisateur in (select prive.mes_vendeurs('agent')));
grant select on public.conversations to authenticated;
grant update (statut_conversation, non_lus) on public.conversations to authenticated;

-- ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────

create table public.messages (
  id_message bigint generated always as identity primary key,
  id_utilisateur uuid not null,
  id_conversation bigint not null,
  id_compte_whatsapp bigint not null,
  identifiant_message_whatsapp text,
  direction_message text not null constraint direction_connue check (direction_message in ('entrant', 'sortant')),
  type_message text not null default 'texte' constraint type_connu
    check (type_message in ('texte', 'image', 'document', 'audio', 'video', 'localisation', 'interactif', 'modele', 'contact', 'reaction', 'inconnu')),
  contenu_message text not null default '',
  charge_utile jsonb,
  nom_expediteur text,
  genere_par_ia boolean not null default false,
  score_confiance_ia numeric(3, 2) constraint score_entre_0_et_1 check (score_confiance_ia between 0 and 1),
  modele_ia text,
  statut_livraison text not null default 'envoye' constraint statut_connu
    check (statut_livraison in ('a_envoyer', 'envoi_en_cours', 'envoye', 'livre', 'lu', 'echec')),
  date_statut timestamptz not null default prive.maintenant(),
  tentatives_envoi integer not null default 0,
  code_erreur text,
  detail_erreur text,
  reponse_a text,
  repond_jusqu_a bigint,
  sans_reponse boolean not null default false,
  avec_livreur boolean not null default false,
  cle_idempotence text constraint cle_idempotence_de_1_a_100 check (pg_catalog.char_length(cle_idempotence) between 1 and 100),
  modifie_le timestamptz,
  supprime_le timestamptz,
  categorie_tarif text,
  facturable boolean,
  date_creation timestamptz not null default prive.maintenant(),
  constraint message_entrant_de_meta check (direction_message = 'sortant' or identifiant_message_whatsapp is not null),
  constraint wamid_unique_par_compte unique (id_compte_whatsapp, id_utilisateur, identifiant_message_whatsapp),
  constraint conversation_du_vendeur foreign key (id_conversation, id_utilisateur)
    references public.conversations (id_conversation, id_utilisateur) on delete cascade,
  constraint compte_du_vendeur foreign key (id_compte_whatsapp, id_utilisateur)
    references public.comptes_whatsapp (id_compte_whatsapp, id_utilisateur) on delete cascade
);
comment on table public.messages is 'Everything said. An outgoing message is a row first (a_envoyer) and is sent from it; an incoming one arrives as envoye.';
comment on column public.messages.identifiant_message_whatsapp is 'Meta''s wamid; null until Meta accepted an outgoing message.';
comment on column public.messages.type_message is
  'What came: image is a picture or a sticker, interactif an answer to buttons, a list or a form, or an order from Meta''s catalogue, reaction an emoji on reponse_a (empty: taken back), inconnu Meta''s own notes and what it gives no content of.';
comment on column public.messages.charge_utile is
  'What the text alone does not say. Incoming: Meta''s message object ({"interactive": {…}}, {"location": {…}}, {"contacts": […]}, "referral", …), with its "type" where type_message does not tell it (sticker, button, order, system, unsupported); the file itself is in medias. Outgoing: as given to envoyer_contenu, or {"modele": {"nom", "langue", …}}, with "origine", the message it stands for when the 24 hours were over; "code_remise": its {{code_remise}} was a handover code when it was sent, which is stored nowhere. Edited: "avant", its former words.';
comment on column public.messages.score_confiance_ia is 'How sure the engine was, 0 to 1; null for people.';
comment on column public.messages.modele_ia is
  'Which engine wrote it, such as regles-fr-1; service: a notice FluxAsync writes by itself (news of a delivery, …), an answer to nobody and counted nowhere; regle-desabonnement: the answer to STOP. Null for people.';
comment on column public.messages.date_statut is 'When statut_livraison last changed.';
comment on column public.messages.code_erreur is 'Meta''s error code, or ours in letters (main_prise, a person took over, is told to nobody): rapport_conversation.raison says it in French. On a message that is a_envoyer: why it waits, for its next attempt or (fenetre_fermee) for the prospect.';
comment on column public.messages.reponse_a is 'The wamid this message answers to (Meta''s context).';
comment on column public.messages.repond_jusqu_a is
  'Of a reply of the AI: the id_message of the last inbound message it takes into account. A reply that a person cut short (main_prise) has answered nothing.';
comment on column public.messages.sans_reponse is
  'Of an inbound message that asks for no reply: a reaction, a note of Meta''s (system), an opened chat, a word of opting out, one that was taken back.';
comment on column public.messages.avec_livreur is
  'Between the shop and a courier about deliveries: the AI neither reads nor answers it, and no figure counts it.';
comment on column public.messages.cle_idempotence is
  'Chosen by the front end for one message of a person, 1 to 100 characters: the same key in the same conversation never makes a second message.';
comment on column public.messages.modifie_le is 'When its sender last edited it (Meta''s time); contenu_message is what it says since.';
comment on column public.messages.supprime_le is 'When its sender took it back (Meta''s time); its words are gone here too.';
comment on column public.messages.categorie_tarif is 'Of an outgoing message: the category Meta prices it in (service, utility, marketing, …), once Meta said so.';
comment on column public.messages.facturable is 'Whether Meta bills it, as its status events say.';
-- Unique, so that what hangs on a message can name its vendor too.
create unique index messages_par_conversation on public.messages (id_conversation, id_utilisateur, id_message);
-- A conversation has one vendor: without knowing it the planner takes both conditions together for rarer than they are.
create statistics prive.messages_conversation_et_vendeur (dependencies) on id_conversation, id_utilisateur from public.messages;
create index messages_par_vendeur on public.messages (id_utilisateur, date_creation desc, id_message);
create unique index messages_une_fois_par_cle on public.messages (id_conversation, id_utilisateur, cle_idempotence)
  where cle_idempotence is not null;
create index messages_en_cours on public.messages (date_statut) where statut_livraison = 'envoi_en_cours';

create function prive.tg_messages__conversation() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  select c.id_utilisateur, c.id_compte_whatsapp into new.id_utilisateur, new.id_compte_whatsapp
  from public.conversations as c where c.id_conversation = new.id_conversation;
  return new;
end
$$;
comment on function prive.tg_messages__conversation() is 'Before insert, when vendor or account are not named: those of the conversation.';
create trigger tg_messages__conversation before insert on public.messages
  for each row when (new.id_utilisateur is null or new.id_compte_whatsapp is null)
  execute function prive.tg_messages__conversation();

create function prive.rang_livraison(statut text) returns integer
language sql immutable strict parallel safe set search_path = ''
as $$
  select case statut when 'a_envoyer' then 0 when 'envoi_en_cours' then 1 when 'envoye' then 2 when 'livre' then 3 when 'lu' then 4 else 9 end
$$;
comment on function prive.rang_livraison(text) is 'The ladder a message climbs; echec stands beside it (9).';

create function prive.tg_messages__statut_en_avant() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if not (
    (new.statut_livraison <> 'echec' and old.statut_livraison <> 'echec'
      and prive.rang_livraison(new.statut_livraison) > prive.rang_livraison(old.statut_livraison))
    or (old.statut_livraison = 'envoi_en_cours' and new.statut_livraison = 'a_envoyer')
    or (new.statut_livraison = 'echec' and old.statut_livraison in ('a_envoyer', 'envoi_en_cours', 'envoye'))
    or (old.statut_livraison = 'echec' and old.code_erreur = 'resultat_inconnu')
    or (old.statut_livraison = 'echec' and new.statut_livraison = 'a_envoyer' and new.identifiant_message_whatsapp is null)) then
    perform prive.refuser('transition_interdite', pg_catalog.format(
      'Un message %s ne peut pas devenir %s.', old.statut_livraison, new.statut_livraison));
  end if;
  new.date_statut := prive.maintenant();
  return new;
end
$$;
comment on function prive.tg_messages__statut_en_avant() is
  'Forward only: a_envoyer → envoi_en_cours → envoye → livre → lu. Back to a_envoyer only for a send that Meta refused for now; echec only before delivery; out of echec only when the outcome was unknown and is now known, or back to a_envoyer, without a wamid, when Meta never had it (prive.rejouer_lettre) or said that what it had accepted was not delivered and may be tried again.';
create trigger tg_messages__statut_en_avant before update of statut_livraison on public.messages
  for each row when (old.statut_livraison is distinct from new.statut_livraison)
  execute function prive.tg_messages__statut_en_avant();

alter table public.messages enable row level security;
create policy "un membre lit les messages de ses vendeurs" on public.messages for select to authenticated
  using (id_utilisateur in (select prive.mes_vendeurs('lecteur')));
grant select on public.messages to authenticated;

alter publication supabase_realtime add table public.conversations, public.messages;
