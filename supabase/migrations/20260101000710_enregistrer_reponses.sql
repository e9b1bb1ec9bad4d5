-- How a reply of an engine becomes messages, and what it does besides (orders, …): once, under the lease, in one transaction.

create function prive.ecrire_reponse(vendeur uuid, conversation bigint, compte bigint, reponse jsonb, numero_commande text, jusqu_a bigint) returns bigint
language plpgsql volatile security definer set search_path = ''
as $$
declare
  morceaux text[];
  morceau text;
  message bigint;
  charge jsonb;
  -- Interactive words are shorter, and there is one message of them: longer ones go out without what to tap.
  choix constant jsonb := case
    when reponse ? 'boutons' and reponse -> 'boutons' <> 'null' then pg_catalog.jsonb_build_object('boutons', reponse -> 'boutons')
    when reponse ? 'liste' and reponse -> 'liste' <> 'null' then pg_catalog.jsonb_build_object('liste', pg_catalog.jsonb_build_object(
      'bouton', reponse #> '{liste,bouton}', 'sections', pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('lignes', reponse #> '{liste,lignes}')))) end;
  main constant text := nullif(reponse ->> 'passer_la_main', '');
  -- What makes a message one that goes out also when a person took over meanwhile (prive.se_tait).
  suite constant jsonb := case when main is not null then pg_catalog.jsonb_build_object('passage_de_main', main) else '{}' end
    || case when numero_commande is not null or reponse #>> '{effets,annuler}' is not null then pg_catalog.jsonb_build_object('commande_faite', true) else '{}' end;
  texte constant text := pg_catalog.replace(reponse ->> 'texte', '{{numero_commande}}', coalesce(numero_commande, ''));
  photo text;
begin
  for photo in
    select f.photo from pg_catalog.jsonb_array_elements_text(coalesce(reponse #> '{effets,photos}', '[]')) with ordinality as p (produit, rang)
    cross join unnest(prive.photos_du_produit(vendeur, p.produit::bigint)) with ordinality as f (photo, place)
    order by p.rang, f.place limit 3
  loop
    insert into public.messages (id_utilisateur, id_conversation, id_compte_whatsapp, direction_message, type_message, genere_par_ia,
      score_confiance_ia, modele_ia, statut_livraison, repond_jusqu_a, charge_utile)
    values (vendeur, conversation, compte, 'sortant', 'image', true, (reponse ->> 'confiance')::numeric, reponse ->> 'modele', 'a_envoyer',
      jusqu_a, pg_catalog.jsonb_build_object('media', pg_catalog.jsonb_build_object('lien', photo)) || suite)
    returning id_message into message;
    perform prive.demander_envoi(message, reveiller => false);
  end loop;
  if choix is not null then
    begin
      perform prive.verifier_contenu(vendeur, 'interactif', texte, choix);
      charge := choix;
    exception when raise_exception then
      charge := null;
    end;
  end if;
  -- What WhatsApp would not take in one message goes in several, in order. Whoever recorded it calls the sender; the sweep does
  -- if he dies first.
  morceaux := case when charge is not null then array[texte] else prive.couper_texte(texte, 4096) end;
  foreach morceau in array morceaux loop
    insert into public.messages (id_utilisateur, id_conversation, id_compte_whatsapp, direction_message, type_message,
      contenu_message, genere_par_ia, score_confiance_ia, modele_ia, statut_livraison, repond_jusqu_a, charge_utile)
    values (vendeur, conversation, compte, 'sortant', case when charge is not null then 'interactif' else 'texte' end, morceau, true,
      (reponse ->> 'confiance')::numeric, reponse ->> 'modele', 'a_envoyer', jusqu_a, nullif(coalesce(charge, '{}') || suite, '{}'))
    returning id_message into message;
    perform prive.demander_envoi(message, reveiller => false);
  end loop;
  return message;
end
$$;
comment on function prive.ecrire_reponse(uuid, bigint, bigint, jsonb, text, bigint) is
  'The outgoing messages of a reply, photos first, the words last: the id of the last one. Buttons or a list that WhatsApp would not take are left out, the words stay.';

create function prive.peu_sure(vendeur uuid, conversation bigint, confiance numeric) returns boolean
language plpgsql stable security definer set search_path = ''
as $$
declare
  seuil constant numeric := prive.reglage('confiance_minimale') / 100.0;
begin
  return coalesce(confiance < seuil and (
    select m.genere_par_ia and m.score_confiance_ia < seuil from public.messages as m
    where m.id_conversation = conversation and m.id_utilisateur = vendeur and m.direction_message = 'sortant'
      and m.statut_livraison <> 'echec' and coalesce(m.modele_ia, '') not in ('service', 'regle-desabonnement')
    order by m.id_message desc limit 1), false);
end
$$;
comment on function prive.peu_sure(uuid, bigint, numeric) is
  'Whether this reply and the one before it, the AI''s with nobody''s words in between, are both below prive.reglages confiance_minimale (percent): a person answers better. The built-in engine says 0.2 when it has not understood, and hands over by itself the second time.';

create function prive.passer_la_main(vendeur uuid, prospect bigint, conversation bigint, panier jsonb, main text, message bigint, rappel_de timestamptz) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  chiffre constant jsonb := prive.chiffrer_panier(vendeur, prospect, panier);
  mots text;
begin
  if chiffre -> 'lignes' <> '[]' then
    mots := (select prive.mots_du_panier(chiffre, u.devise) from public.utilisateurs_fluxasync as u where u.id_utilisateur = vendeur);
  end if;
  perform prive.notifier_evenement(vendeur, case when message is not null then 'main_demandee' else 'main_rappel' end,
    case when message is not null then 'passage_de_main:' || message
      else pg_catalog.format('rappel_main:%s:%s', conversation, extract(epoch from rappel_de)::bigint) end,
    pg_catalog.jsonb_build_object('resume', main, 'panier',
      case when mots is null then '' else prive.phrase('panier_du_prospect', pg_catalog.jsonb_build_object('panier', mots)) end),
    'conversation', conversation);
end
$$;
comment on function prive.passer_la_main(uuid, bigint, bigint, jsonb, text, bigint, timestamptz) is
  'Tells the vendor that the AI wants a person: its summary, and the basket in one line when there is one. Without a message (nothing was said to the prospect a second time) it is a reminder, once for each time the delay gave the conversation back.';

create function prive.enregistrer_reponse(id_conversation bigint, jeton uuid, msg_id bigint, jusqu_a bigint, reponse jsonb) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c record;
  bail record;
  premier_le timestamptz;
  message bigint;
  faits jsonb;
  faits_panier jsonb;
  effets constant jsonb := coalesce(nullif(reponse -> 'effets', 'null'), '{}');
  confirmer constant boolean := coalesce((effets ->> 'confirmer')::boolean, false);
  recapituler boolean := coalesce((effets ->> 'recapituler')::boolean, false);
  empreinte text;
  main text := nullif(reponse ->> 'passer_la_main', '');
  en_silence boolean;
begin
  if confirmer or effets ->> 'annuler' is not null then
    -- Before any row is locked (see prive.tenir_boutique).
    perform prive.tenir_boutique((select v.id_utilisateur from public.conversations as v where v.id_conversation = enregistrer_reponse.id_conversation));
  end if;
  -- The conversation before its lease, as who gives it back to the AI locks them (tg_conversations__ia_reprend): the two wait
  -- for each other in one order only.
  select v.* into c from public.conversations as v where v.id_conversation = enregistrer_reponse.id_conversation for no key update;
  select r.repondu_jusqu_a, r.reprise_le, r.retour_auto_le into bail from prive.reponses as r
  where r.id_conversation = enregistrer_reponse.id_conversation and r.jeton = enregistrer_reponse.jeton
    and r.bail_expire_le > prive.maintenant()
  for update;
  if not found then
    return 'bail_perdu';
  end if;
  if not c.ia_activee or c.statut_conversation <> 'active' then
    perform prive.rendre_bail(c.id_conversation);
    perform pgmq.archive('repondre_prospects', msg_id);
    return 'main_prise';
  end if;
  if bail.repondu_jusqu_a >= jusqu_a then
    perform prive.rendre_bail(c.id_conversation);
    perform pgmq.archive('repondre_prospects', msg_id);
    return 'deja_repondu';
  end if;
  -- The prospect wrote on while the engine thought: the reply would be of yesterday. Not for ever, though; but what he wrote may be
  -- that he does not want it any more, and an order is not made over that.
  if exists (select from public.messages as m
             where m.id_conversation = c.id_conversation and m.id_utilisateur = c.id_utilisateur and m.id_message > jusqu_a and m.direction_message = 'entrant'
               and not m.sans_reponse) then
    select pg_catalog.min(m.date_creation) into premier_le from public.messages as m
    where m.id_conversation = c.id_conversation and m.id_utilisateur = c.id_utilisateur and m.direction_message = 'entrant'
      and m.id_message > bail.repondu_jusqu_a and not m.sans_reponse;
    if confirmer or prive.maintenant() < greatest(premier_le, bail.reprise_le) + prive.reglage('attente_rafale_max_ms') * interval '1 millisecond' then
      perform prive.rendre_bail(c.id_conversation);
      perform pgmq.set_vt('repondre_prospects', msg_id, 0);
      return 'nouveaux_messages';
    end if;
  end if;
  faits := prive.appliquer_effets(c.id_utilisateur, c.id_prospect, c.id_conversation, c.panier, effets, jusqu_a);
  if main is null and faits ->> 'numero_commande' is null and effets ->> 'annuler' is null
    and prive.peu_sure(c.id_utilisateur, c.id_conversation, (reponse ->> 'confiance')::numeric) then
    main := 'L''assistant n''est pas sûr de comprendre ce prospect, deux fois de suite : répondez-lui vous-même.';
    reponse := (reponse - array['boutons', 'liste']) || pg_catalog.jsonb_build_object('passer_la_main', main,
      'texte', 'Je préfère vous passer un collègue, qui vous répondra ici même.');
    recapituler := false;
  end if;
  -- Said once: nobody has come since the delay gave it back, so that "a colleague will answer you" is no news to him.
  en_silence := main is not null and faits ->> 'numero_commande' is null and effets ->> 'annuler' is null
    and coalesce(bail.retour_auto_le > prive.maintenant() - interval '24 hours', false);
  faits_panier := faits -> 'panier';
  if recapituler and not en_silence then
    -- What he says yes to is what he is shown. Its figures are of when the engine looked, and the shop may have moved since.
    empreinte := prive.chiffrer_panier(c.id_utilisateur, c.id_prospect, faits_panier) ->> 'empreinte';
    if empreinte is distinct from effets ->> 'empreinte' then
      perform prive.refuser('commande_refusee', 'Ce récapitulatif n''est plus juste.');
    end if;
  end if;
  if not en_silence then
    message := prive.ecrire_reponse(c.id_utilisateur, c.id_conversation, c.id_compte_whatsapp, reponse, faits ->> 'numero_commande', jusqu_a);
  end if;
  if empreinte is not null then
    faits_panier := faits_panier || pg_catalog.jsonb_build_object('recapitulatif',
      pg_catalog.jsonb_build_object('id_message', message, 'empreinte', empreinte));
  end if;
  update prive.reponses as r set repondu_jusqu_a = jusqu_a,
    memoire = case when pg_catalog.jsonb_typeof(reponse -> 'memoire') = 'object' then reponse -> 'memoire' else '{}' end, jeton = null, bail_expire_le = null, echecs = 0, deces = 0, pas_avant = null
  where r.id_conversation = c.id_conversation;
  update public.conversations as v
  set panier = faits_panier, ia_activee = main is null,
      etape = case when faits ->> 'numero_commande' is not null then 'confirmee'
        when recapituler then 'recapitulatif' else reponse ->> 'etape' end
  where v.id_conversation = c.id_conversation;
  if main is not null then
    perform prive.passer_la_main(c.id_utilisateur, c.id_prospect, c.id_conversation, faits_panier, main, message, bail.retour_auto_le);
  end if;
  perform pgmq.archive('repondre_prospects', msg_id);
  return 'enregistree';
end
$$;
comment on function prive.enregistrer_reponse(bigint, uuid, bigint, bigint, jsonb) is 'One reply of service.enregistrer_reponses: the outcome, or an exception when it is not of the right shape.';

create function service.enregistrer_reponses(reponses jsonb) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  r record;
  issue text;
  indice text;
  issues jsonb := '[]';
begin
  -- In the order of conversations, so that two workers never wait for each other.
  for r in
    select x.* from pg_catalog.jsonb_to_recordset(reponses)
      as x (id_conversation bigint, jeton uuid, msg_id bigint, jusqu_a bigint, reponse jsonb)
    order by x.id_conversation
  loop
    begin
      issue := prive.enregistrer_reponse(r.id_conversation, r.jeton, r.msg_id, r.jusqu_a, r.reponse);
    exception
      when raise_exception then
        get stacked diagnostics indice = pg_exception_hint;
        -- The shop has moved since the engine looked: it looks again. Everything else is a reply of the wrong shape.
        issue := case when indice in ('commande_refusee', 'stock_insuffisant', 'article_introuvable', 'variante_requise')
          then 'commande_refusee' else 'refusee: ' || indice || ' ' || pg_catalog.left(sqlerrm, 200) end;
      when others then
        issue := 'refusee: ' || sqlstate || ' ' || pg_catalog.left(sqlerrm, 200);
    end;
    issues := issues || pg_catalog.jsonb_build_object('msg_id', r.msg_id, 'issue', issue);
  end loop;
  return issues;
end
$$;
comment on function service.enregistrer_reponses(jsonb) is
  'Replies of an engine become outgoing messages, each once: [{id_conversation, jeton, msg_id, jusqu_a, reponse: {texte, boutons?, liste?, memoire, etape, confiance 0..1, modele, passer_la_main: string|null, effets?}}] → [{msg_id, issue}]; texte, boutons, liste, effets as the types Reponse and Effets of functions/conversation/modele-ia.ts have them. What effets asks for (an order, a cancellation, …) is done in the same transaction. A reply that orders or cancels comes in a call of its own: it holds the shop before any row. One that hands over within 24 hours after the vendor''s delay gave the conversation back, with nobody having come, is not said: the vendor is reminded. issue: enregistree, or why not: bail_perdu (another worker has the conversation), main_prise (a person took over), deja_repondu, nouveaux_messages (the prospect wrote on: the job is back in the queue); in all these cases the caller is done. commande_refusee: stock, prices, fees or days have moved since the engine looked (effets.empreinte: the basket whose summary it shows), the lease is still held, it may look again and reply anew. "refusee: …": the reply is not of that shape, report it with echouer_reponse. One refused reply does not touch the others.';
grant execute on function service.enregistrer_reponses(jsonb) to service_role;
