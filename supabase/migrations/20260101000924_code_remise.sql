-- The four digits that show that a parcel arrived: computed from a key of the Vault, stored nowhere. The customer gets them on WhatsApp
-- once the courier is under way with his parcel; the courier says them to close the delivery.

create function prive.cle_code_remise() returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  cle text := prive.secret('cle_code_remise');
begin
  if cle is null then
    begin
      perform vault.create_secret(pg_catalog.encode(extensions.gen_random_bytes(32), 'hex'), 'cle_code_remise',
        'Handover codes are made with it: another key makes other codes of the deliveries under way.');
    exception when unique_violation then
      -- Somebody else made it in the same moment: his counts.
      null;
    end;
    cle := prive.secret('cle_code_remise');
  end if;
  if cle is null then
    raise exception 'no Vault secret cle_code_remise, and none could be made';
  end if;
  return cle;
end
$$;
comment on function prive.cle_code_remise() is 'The Vault secret that handover codes are made with; made when there is none, since a delivery must not wait for an operator. Executable by its owner alone.';
do $$ begin perform prive.cle_code_remise(); end $$;

create function prive.code_remise(livraison bigint, version integer) returns text
language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- 60 bits: what a remainder of 10 000 favours is nothing.
  return pg_catalog.lpad((('x' || pg_catalog.left(pg_catalog.encode(
      extensions.hmac(pg_catalog.format('livraison:%s:%s', livraison, version), prive.cle_code_remise(), 'sha256'), 'hex'), 15))::bit(60)::bigint % 10000)::text,
    4, '0');
end
$$;
comment on function prive.code_remise(bigint, integer) is
  'The handover code of a try (version_code) to deliver, "0000" to "9999": HMAC-SHA256 of both with the Vault''s key. To be computed where it is used and written nowhere. Executable by its owner alone.';

create function prive.code_en_cours(code jsonb, vendeur uuid, prospect bigint) returns boolean
language plpgsql stable security definer set search_path = ''
as $$
begin
  return exists (
    select from public.livraisons as l join public.commandes as c on c.id_commande = l.id_commande and c.id_utilisateur = l.id_utilisateur
    where l.id_livraison = (code ->> 'livraison')::bigint and l.version_code = (code ->> 'version')::integer
      and l.statut_livraison in ('recuperee', 'en_transit') and l.id_utilisateur = vendeur and c.id_prospect = prospect);
end
$$;
comment on function prive.code_en_cours(jsonb, uuid, bigint) is
  'Whether a message''s charge_utile -> code_remise, {"livraison", "version"}, is about a parcel that is on its way to this prospect of this vendor: only then he is sent the code.';

create function prive.remplir_code(envoi jsonb) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  remise constant jsonb := envoi #> '{charge_utile,code_remise}';
  code constant text := prive.code_remise((remise ->> 'livraison')::bigint, (remise ->> 'version')::integer);
  rempli jsonb := envoi || pg_catalog.jsonb_build_object('secrets', pg_catalog.jsonb_build_array(code),
    'contenu', pg_catalog.replace(envoi ->> 'contenu', '{{code_remise}}', code));
begin
  if pg_catalog.jsonb_typeof(envoi #> '{charge_utile,modele,corps}') = 'array' then
    -- Of a template, the variable that is the code and nothing else.
    rempli := pg_catalog.jsonb_set(rempli, '{charge_utile,modele,corps}', (
      select coalesce(pg_catalog.jsonb_agg(case when v.value = '"{{code_remise}}"' then pg_catalog.to_jsonb(code) else v.value end order by v.ordinality), '[]')
      from pg_catalog.jsonb_array_elements(envoi #> '{charge_utile,modele,corps}') with ordinality as v));
  end if;
  return rempli;
end
$$;
comment on function prive.remplir_code(jsonb) is
  'What the sender is handed of a message that carries a handover code (prive.marquer_envoi): the code in place of {{code_remise}} in its words and in the variables of its template, and "secrets": what must show in no error text. The row keeps the placeholder.';

create function prive.prevenir_code_en_attente(code jsonb) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  l record;
begin
  select v.id_livraison, v.id_utilisateur, v.version_code, c.numero_commande, coalesce(c.nom_client, 'votre client') as client into l
  from public.livraisons as v join public.commandes as c on c.id_commande = v.id_commande and c.id_utilisateur = v.id_utilisateur
  where v.id_livraison = (code ->> 'livraison')::bigint;
  if found then
    perform prive.notifier_evenement(l.id_utilisateur, 'client_injoignable', pg_catalog.format('livraison:%s:code_attend:%s', l.id_livraison, l.version_code),
      pg_catalog.jsonb_build_object('numero', l.numero_commande, 'motif', pg_catalog.format(
        'Le code de remise n''a pas pu partir : plus de 24 heures que %s n''a pas écrit. Appelez-le : il recevra son code dès qu''il vous écrit un mot sur WhatsApp. Sans code, une photo du colis remis suffit.', l.client)),
      'livraison', l.id_livraison);
  end if;
end
$$;
comment on function prive.prevenir_code_en_attente(jsonb) is
  'Tells the vendor, once per try, that a customer''s handover code waits for the customer''s next words: he alone can call him. code: charge_utile -> code_remise.';

create function prive.tg_messages__taire_code() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  new.detail_erreur := pg_catalog.replace(new.detail_erreur, prive.code_remise((new.charge_utile #>> '{code_remise,livraison}')::bigint,
    (new.charge_utile #>> '{code_remise,version}')::integer), '…');
  return new;
end
$$;
comment on function prive.tg_messages__taire_code() is 'Before Meta''s words about a message with a handover code are kept, also those of a later status event: it may quote what it refuses.';
create trigger tg_messages__taire_code before insert or update of detail_erreur on public.messages
  for each row when (new.detail_erreur is not null and new.direction_message = 'sortant' and new.charge_utile ? 'code_remise')
  execute function prive.tg_messages__taire_code();

create function prive.verifier_code(livraison bigint, code text) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  l record;
  attendu text;
begin
  select v.id_utilisateur, v.statut_livraison, v.version_code, v.essais_code, c.numero_commande, coalesce(r.nom_complet_livreur, 'Le livreur') as livreur into strict l
  from public.livraisons as v
  join public.commandes as c on c.id_commande = v.id_commande and c.id_utilisateur = v.id_utilisateur
  left join public.livreurs as r on r.id_livreur = v.id_livreur and r.id_utilisateur = v.id_utilisateur
  where v.id_livraison = verifier_code.livraison for no key update of v;
  attendu := prive.code_remise(livraison, l.version_code);
  if l.statut_livraison not in ('recuperee', 'en_transit') then
    return 'pas_encore';
  end if;
  if l.essais_code >= 5 then
    return 'epuise';
  end if;
  -- Digests differ anywhere or nowhere: how long it takes to compare them tells nothing of the code.
  if extensions.digest(pg_catalog.regexp_replace(coalesce(code, ''), '\D', '', 'g'), 'sha256') = extensions.digest(attendu, 'sha256') then
    return 'bon';
  end if;
  update public.livraisons as v set essais_code = l.essais_code + 1 where v.id_livraison = verifier_code.livraison;
  if l.essais_code < 4 then
    return 'faux';
  end if;
  perform prive.notifier_evenement(l.id_utilisateur, 'code_epuise', pg_catalog.format('livraison:%s:code_epuise:%s', livraison, l.version_code),
    pg_catalog.jsonb_build_object('numero', l.numero_commande, 'livreur', l.livreur), 'livraison', livraison);
  return 'epuise';
end
$$;
comment on function prive.verifier_code(bigint, text) is
  'What a courier says is the code of a delivery whose shop and row the caller holds: bon; faux (counted in essais_code); epuise: the fifth wrong one of this try and whatever follows, the vendor is told once and decides; pas_encore: the parcel is not under way, so the customer has no code.';

-- ── it is sent again ────────────────────────────────────────────────────────────────────────────────────

create function prive.code_vient_de_partir(livraison bigint, version integer, vendeur uuid, prospect bigint) returns boolean
language plpgsql stable security definer set search_path = ''
as $$
begin
  return exists (
    select from public.conversations as c
    join public.messages as m on m.id_conversation = c.id_conversation and m.id_utilisateur = c.id_utilisateur
      and pg_catalog.starts_with(m.cle_idempotence || ':', pg_catalog.format('livraison:%s:code:%s:', livraison, version))
    where c.id_prospect = prospect and c.id_utilisateur = vendeur and m.statut_livraison <> 'echec'
      and m.date_creation > prive.maintenant() - interval '2 minutes');
end
$$;
comment on function prive.code_vient_de_partir(bigint, integer, uuid, bigint) is 'Whether a customer was written the handover code of this try within the last two minutes.';

create function prive.ecrire_code(conversation bigint, livraison bigint, version integer, numero text, quand text) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
begin
  return prive.dire(conversation, 'code_remise', pg_catalog.jsonb_build_object('numero', numero, 'code_remise', '{{code_remise}}'),
    pg_catalog.jsonb_build_object('livraison', livraison, 'code_remise', pg_catalog.jsonb_build_object('livraison', livraison, 'version', version), 'attendre', true),
    pg_catalog.format('livraison:%s:code:%s:%s', livraison, version, quand), false);
end
$$;
comment on function prive.ecrire_code(bigint, bigint, integer, text, text) is 'Writes the handover code of a try once more, once per `quand`: id of the message.';

create function prive.renvoyer_code(livraison bigint) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  vendeur constant uuid := prive.ma_livraison(livraison);
  l record;
  conversation bigint;
begin
  select v.id_commande, v.statut_livraison, v.version_code, c.numero_commande, c.id_prospect into strict l
  from public.livraisons as v join public.commandes as c on c.id_commande = v.id_commande and c.id_utilisateur = v.id_utilisateur
  where v.id_livraison = livraison;
  if l.statut_livraison not in ('recuperee', 'en_transit') then
    perform prive.refuser('code_inutile', 'Le colis n''est pas en route : le client reçoit son code quand le livreur l''a récupéré.');
  end if;
  if prive.code_vient_de_partir(livraison, l.version_code, vendeur, l.id_prospect) then
    perform prive.refuser('code_deja_envoye', 'Le code vient d''être envoyé au client : patientez deux minutes.');
  end if;
  conversation := prive.conversation_client(vendeur, l.id_commande);
  if conversation is null then
    perform prive.refuser('compte_inactif', 'Votre numéro WhatsApp n''est pas connecté.');
  end if;
  return prive.ecrire_code(conversation, livraison, l.version_code, l.numero_commande, floor(extract(epoch from prive.maintenant()))::text);
end
$$;
comment on function prive.renvoyer_code(bigint) is 'See public.renvoyer_code.';
grant execute on function prive.renvoyer_code(bigint) to authenticated;

create function public.renvoyer_code(id_livraison bigint) returns bigint
language sql volatile security invoker set search_path = ''
as $$ select prive.renvoyer_code(id_livraison) $$;
comment on function public.renvoyer_code(bigint) is
  'An agent has the handover code sent to the customer again, once in two minutes: the id of the message, in which the code itself does not stand. After WhatsApp''s 24 hours, without an approved template "fluxasync_code_remise", it waits for the customer''s next words. Errors (P0001): hint livraison_introuvable, code_inutile (the parcel is not under way), code_deja_envoye, compte_inactif.';
grant execute on function public.renvoyer_code(bigint) to authenticated;

-- ── the customer asks for it ─────────────────────────────────────────────────────────────────────────────────────

create function prive.demande_code(vendeur uuid, prospect bigint, mots text) returns boolean
language plpgsql stable security definer set search_path = ''
as $$
begin
  -- Of other codes the AI speaks.
  return pg_catalog.length(mots) <= 100 and mots ~* '\mcodes?\M' and mots !~* 'promo|r[eé]duc|parrain|postal|barre|wi-?fi|\mqr\M|\mpin\M|cadeau'
    and exists (
      select from public.commandes as c join public.livraisons as l on l.id_commande = c.id_commande and l.id_utilisateur = c.id_utilisateur
      where c.id_prospect = prospect and c.id_utilisateur = vendeur and l.statut_livraison in ('recuperee', 'en_transit'));
end
$$;
comment on function prive.demande_code(uuid, bigint, text) is
  'Whether these words of a prospect are about the handover code of a parcel that is on its way to him: short, and with the word "code".';

create function prive.redire_code(message bigint) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  m record;
  l record;
  fait text;
begin
  select x.id_utilisateur, x.id_conversation, x.supprime_le, c.id_prospect, c.ia_activee and c.statut_conversation = 'active' as ia into strict m
  from public.messages as x join public.conversations as c on c.id_conversation = x.id_conversation and c.id_utilisateur = x.id_utilisateur
  where x.id_message = message for no key update of c;
  if m.supprime_le is not null then
    return 'sans_objet';
  end if;
  for l in
    select v.id_livraison, v.version_code, c.numero_commande
    from public.commandes as c join public.livraisons as v on v.id_commande = c.id_commande and v.id_utilisateur = c.id_utilisateur
    where c.id_prospect = m.id_prospect and c.id_utilisateur = m.id_utilisateur and v.statut_livraison in ('recuperee', 'en_transit')
    order by v.id_livraison limit 3
  loop
    if prive.code_vient_de_partir(l.id_livraison, l.version_code, m.id_utilisateur, m.id_prospect) then
      fait := coalesce(fait, 'code_plus_haut');
    else
      perform prive.ecrire_code(m.id_conversation, l.id_livraison, l.version_code, l.numero_commande, 'm' || message);
      fait := 'code';
    end if;
  end loop;
  if fait = 'code_plus_haut' then
    perform prive.dire(m.id_conversation, 'code_plus_haut', '{}', null, 'code_plus_haut:' || message, false);
  elsif fait is null then
    -- It has just arrived: whatever he means by it now is answered like anybody's words.
    update public.messages as x set sans_reponse = false where x.id_message = message;
    if m.ia then
      perform prive.demander_reponse(m.id_conversation, message);
    end if;
  end if;
  return coalesce(fait, 'client');
end
$$;
comment on function prive.redire_code(bigint) is
  'A customer asks for his handover code (prive.demande_code): it is sent again, at most once in two minutes (code), else he is pointed to it (code_plus_haut); client: nothing is on its way to him any more, his words are the AI''s or the person''s.';
