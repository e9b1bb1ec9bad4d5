-- Who answers a prospect: one worker at a time per conversation, one reply per burst, and a person when the AI should not.

create table prive.reponses (
  id_conversation bigint primary key references public.conversations (id_conversation) on delete cascade,
  repondu_jusqu_a bigint not null default 0,
  jeton uuid,
  bail_expire_le timestamptz,
  echecs integer not null default 0,
  deces integer not null default 0,
  pas_avant timestamptz,
  reprise_le timestamptz,
  accuse_jusqu_a bigint not null default 0,
  retour_auto_le timestamptz,
  memoire jsonb not null default '{}' constraint memoire_est_un_objet check (jsonb_typeof(memoire) = 'object'),
  constraint bail_entier check ((jeton is null) = (bail_expire_le is null))
);
comment on table prive.reponses is
  'Per conversation: the last inbound message a reply has taken into account, the lease of the worker that is writing one, and the failures since the last reply.';
comment on column prive.reponses.echecs is 'Failures that a worker reported since the last reply.';
comment on column prive.reponses.deces is 'Leases since the last reply that ran out without a word: their workers died.';
comment on column prive.reponses.reprise_le is 'When the AI was last given the conversation back: what waited until then is a burst that begins here.';
comment on column prive.reponses.accuse_jusqu_a is 'The last inbound message for which a read receipt was handed out: once per burst.';
comment on column prive.reponses.retour_auto_le is
  'When the vendor''s delay gave the conversation back to the AI; null as soon as a person has acted in it. Once only: who hands over again without anybody having come is not given it back.';
comment on column prive.reponses.memoire is
  'What the rules engine remembers between two replies, in a form of its own. Empty after a person had the conversation: what was just asked is not what he asked.';
comment on column prive.reponses.pas_avant is 'After a failure: no new attempt before this, whatever job asks for it.';
alter table prive.reponses enable row level security;
create policy "personne par l'API" on prive.reponses using (false);

create function prive.prendre_bail(conversation bigint, out jeton uuid, out deces integer)
language plpgsql volatile security definer set search_path = ''
as $$
begin
  -- Never waits for another worker's locks: two that take batches would end in a deadlock.
  if not pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('bail:' || conversation, 0)) then
    return;
  end if;
  perform from prive.reponses as r where r.id_conversation = conversation for update skip locked;
  if not found then
    insert into prive.reponses (id_conversation) values (conversation) on conflict do nothing;
    if not found then
      return;
    end if;
  end if;
  update prive.reponses as r
  set jeton = pg_catalog.gen_random_uuid(), deces = r.deces + (r.jeton is not null)::integer,
      bail_expire_le = prive.maintenant() + pg_catalog.make_interval(secs => prive.reglage('bail_reponse_s'))
  where r.id_conversation = conversation and (r.bail_expire_le is null or r.bail_expire_le <= prive.maintenant())
  returning r.jeton, r.deces into jeton, deces;
end
$$;
comment on function prive.prendre_bail(bigint) is 'The lease on a conversation, or nulls while another worker has it. A dead worker''s lease runs out by itself and is counted.';

create function prive.abandonner_reponse(conversation bigint, msg_id bigint, erreur text, nombre integer) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  vendeur uuid;
begin
  insert into prive.lettres_mortes (file, message, erreur, tentatives)
  select 'repondre_prospects', q.message, pg_catalog.left(erreur, 500), nombre
  from pgmq.q_repondre_prospects as q where q.msg_id = abandonner_reponse.msg_id;
  update prive.reponses as r set jeton = null, bail_expire_le = null, echecs = 0, deces = 0, pas_avant = null
  where r.id_conversation = conversation;
  -- Nobody is left without an answer: a person must give it. The other jobs of this conversation end by that too.
  update public.conversations as v set ia_activee = false where v.id_conversation = conversation
  returning v.id_utilisateur into vendeur;
  perform prive.notifier_evenement(vendeur, 'reponse_impossible', 'reponse_impossible:' || msg_id, '{}', 'conversation', conversation);
  perform pgmq.archive('repondre_prospects', msg_id);
end
$$;
comment on function prive.abandonner_reponse(bigint, bigint, text, integer) is 'No more attempts at this reply: a dead letter, the AI off, the vendor told.';

create function prive.choix_fait(charge jsonb) returns text
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  return coalesce(charge #>> '{interactive,button_reply,id}', charge #>> '{interactive,list_reply,id}', charge #>> '{button,payload}');
end
$$;
comment on function prive.choix_fait(jsonb) is 'The id of the button or of the line of a list that was tapped, from what Meta sent; null for anything else.';

create function prive.position_dite(charge jsonb) returns jsonb
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
  return case when pg_catalog.jsonb_typeof(charge #> '{location,latitude}') = 'number' and pg_catalog.jsonb_typeof(charge #> '{location,longitude}') = 'number'
    then pg_catalog.jsonb_build_object('latitude', charge #> '{location,latitude}', 'longitude', charge #> '{location,longitude}',
      'nom', charge #>> '{location,name}', 'adresse', charge #>> '{location,address}') end;
end
$$;
comment on function prive.position_dite(jsonb) is 'The position of a message, { latitude, longitude, nom, adresse }, from what Meta sent; null when it has none.';

create function prive.contexte_reponse(vendeur uuid, conversation bigint, apres bigint) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (
    with derniers as (
      -- What a voice note says are its words. Where a customer read his handover code, an engine is not to repeat our placeholder.
      select m.id_message, m.direction_message, m.genere_par_ia, m.type_message,
             pg_catalog.replace(coalesce(nullif(m.contenu_message, ''), d.transcription, ''), '{{code_remise}}', '····') as texte, m.date_creation,
             case when m.direction_message = 'entrant' and m.charge_utile is not null then m.charge_utile end as charge,
             m.direction_message = 'entrant' and m.id_message > apres and not m.sans_reponse as nouveau
      from public.messages as m
      left join public.medias as d on d.id_conversation = m.id_conversation and d.id_utilisateur = m.id_utilisateur and d.id_message = m.id_message
      where m.id_conversation = conversation and m.id_utilisateur = vendeur and (m.direction_message = 'entrant' or m.statut_livraison <> 'echec')
        and m.type_message <> 'reaction' and not m.avec_livreur
      order by m.id_message desc limit 60),
    mis_en_forme as (
      select d.nouveau, d.id_message, pg_catalog.row_number() over (partition by d.nouveau order by d.id_message desc) as rang,
             pg_catalog.jsonb_build_object('id_message', d.id_message, 'direction', d.direction_message, 'genere_par_ia', d.genere_par_ia,
               'type_message', d.type_message, 'texte', d.texte, 'choix', prive.choix_fait(d.charge), 'position', prive.position_dite(d.charge),
               'le', d.date_creation) as message
      from derniers as d)
    select pg_catalog.jsonb_build_object(
      'vendeur', pg_catalog.jsonb_build_object('nom_entreprise', u.nom_entreprise, 'devise', u.devise, 'consignes_ia', u.consignes_ia),
      'prospect', pg_catalog.jsonb_build_object('nom_complet', p.nom_complet, 'telephone', coalesce(p.numero_whatsapp, p.numero_telephone)),
      'historique', coalesce((select pg_catalog.jsonb_agg(f.message order by f.id_message) from mis_en_forme as f where not f.nouveau and f.rang <= 20), '[]'),
      'nouveaux', coalesce((select pg_catalog.jsonb_agg(f.message order by f.id_message) from mis_en_forme as f where f.nouveau), '[]'),
      'memoire', coalesce(r.memoire, '{}'), 'panier', prive.chiffrer_en_dialogue(vendeur, c.id_prospect, conversation, c.panier), 'etape', c.etape)
    from public.conversations as c
    left join prive.reponses as r on r.id_conversation = c.id_conversation
    join public.prospects as p on p.id_prospect = c.id_prospect
    join public.utilisateurs_fluxasync as u on u.id_utilisateur = c.id_utilisateur
    where c.id_conversation = conversation and c.id_utilisateur = vendeur);
end
$$;
comment on function prive.contexte_reponse(uuid, bigint, bigint) is
  'What an engine may know (the type Contexte of functions/conversation/modele-ia.ts): this conversation alone, at most 60 messages, nothing of another customer, and nothing of what is said with a courier about deliveries.';

create function prive.accuser_lecture(conversation bigint, message bigint) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  m record;
  jeton text;
begin
  update prive.reponses as r set accuse_jusqu_a = message where r.id_conversation = conversation and r.accuse_jusqu_a < message;
  if not found then
    return null;
  end if;
  select x.id_utilisateur, x.identifiant_message_whatsapp, w.identifiant_numero_telephone, w.jeton_acces, w.compte_actif, w.date_connexion into m
  from public.messages as x join public.comptes_whatsapp as w on w.id_compte_whatsapp = x.id_compte_whatsapp
  where x.id_message = message;
  jeton := case when m.compte_actif then prive.jeton_whatsapp(m.jeton_acces) end;
  return case when jeton is not null then pg_catalog.jsonb_build_object('id_utilisateur', m.id_utilisateur, 'wamid', m.identifiant_message_whatsapp,
    'numero_emetteur', m.identifiant_numero_telephone, 'connecte_le', m.date_connexion, 'jeton', jeton) end;
end
$$;
comment on function prive.accuser_lecture(bigint, bigint) is
  'What a read receipt of an inbound message needs: {id_utilisateur, wamid, numero_emetteur, connecte_le, jeton}; null when it was handed out before or the number is off. Handed out and lost is lost: nobody waits for it.';

create function prive.prendre_reponse(msg_id bigint, message jsonb) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c record;
  recents record;
  jusque bigint;
  mots_avant timestamptz;
  attente_s integer;
  bail record;
begin
  select v.id_conversation, v.id_utilisateur, v.ia_activee and v.statut_conversation = 'active' as ia,
         coalesce(r.repondu_jusqu_a, 0) as repondu_jusqu_a, r.pas_avant, r.reprise_le
  into c
  from public.conversations as v left join prive.reponses as r using (id_conversation)
  where v.id_conversation = (message ->> 'id_conversation')::bigint;
  -- Answered together with an earlier message, in a person's hands, or gone: nothing to do.
  if c.id_conversation is null or not c.ia or c.repondu_jusqu_a >= (message ->> 'id_message')::bigint then
    perform pgmq.archive('repondre_prospects', msg_id);
    return null;
  end if;
  select pg_catalog.max(m.id_message) as dernier, pg_catalog.max(m.date_creation) as dernier_le, pg_catalog.min(m.date_creation) as premier_le
  into recents
  from public.messages as m
  where m.id_conversation = c.id_conversation and m.id_utilisateur = c.id_utilisateur and m.direction_message = 'entrant'
    and m.id_message > c.repondu_jusqu_a and not m.sans_reponse;
  if recents.dernier is null then
    perform pgmq.archive('repondre_prospects', msg_id);
    return null;
  end if;
  -- A voice note without its words yet: not for longer than they are worth waiting for.
  select pg_catalog.min(d.date_creation) + pg_catalog.make_interval(secs => prive.reglage('attente_vocal_s')) into mots_avant
  from public.medias as d join prive.recuperations as x using (id_media)
  where d.id_conversation = c.id_conversation and d.id_utilisateur = c.id_utilisateur and d.id_message > c.repondu_jusqu_a and x.attend_mots;
  attente_s := pg_catalog.ceil(extract(epoch from greatest(c.pas_avant, mots_avant, least(
    recents.dernier_le + prive.reglage('attente_rafale_ms') * interval '1 millisecond',
    greatest(recents.premier_le, c.reprise_le) + prive.reglage('attente_rafale_max_ms') * interval '1 millisecond')) - prive.maintenant()))::integer;
  if attente_s > 0 then
    -- Words may come at any moment, and then this job is of no use.
    perform pgmq.set_vt('repondre_prospects', msg_id, case when mots_avant > prive.maintenant() then least(attente_s, 2) else attente_s end);
    return null;
  end if;
  select * into bail from prive.prendre_bail(c.id_conversation);
  if bail.jeton is null then
    perform pgmq.set_vt('repondre_prospects', msg_id, 2);
    return null;
  end if;
  -- A conversation whose every worker dies would go round for ever. Far more than a bad deployment needs.
  if bail.deces >= 25 then
    perform prive.abandonner_reponse(c.id_conversation, msg_id, 'aucun travailleur n''en revient', bail.deces);
    return null;
  end if;
  -- Read again under the lease: the worker that had it may just have answered.
  select r.repondu_jusqu_a into jusque from prive.reponses as r where r.id_conversation = c.id_conversation;
  if jusque >= recents.dernier then
    perform prive.rendre_bail(c.id_conversation);
    perform pgmq.archive('repondre_prospects', msg_id);
    return null;
  end if;
  return pg_catalog.jsonb_build_object('id_conversation', c.id_conversation, 'id_utilisateur', c.id_utilisateur, 'jeton', bail.jeton, 'msg_id', msg_id,
    'jusqu_a', recents.dernier, 'accuse', prive.accuser_lecture(c.id_conversation, recents.dernier), 'contexte', prive.contexte_reponse(c.id_utilisateur, c.id_conversation, jusque));
end
$$;
comment on function prive.prendre_reponse(bigint, jsonb) is 'One job of service.prendre_reponses: the leased conversation, or null when there is nothing to answer (yet).';

create function service.prendre_reponses(limite integer) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  travail record;
  prises jsonb := '[]';
begin
  for travail in
    select q.msg_id, q.read_ct, q.message
    from pgmq.read('repondre_prospects', prive.reglage('bail_reponse_s'), least(limite, 100)) as q
  loop
    begin
      prises := prises || coalesce(prive.prendre_reponse(travail.msg_id, travail.message), '[]');
    exception when others then
      raise warning 'job %: not taken: % %', travail.msg_id, sqlstate, sqlerrm;
      -- It comes back when its time is over and sinks no other; one that never can be taken ends as a dead letter.
      if travail.read_ct >= 50 then
        insert into prive.lettres_mortes (file, message, erreur, tentatives)
        values ('repondre_prospects', travail.message, sqlstate || ' ' || pg_catalog.left(sqlerrm, 400), travail.read_ct);
        perform pgmq.archive('repondre_prospects', travail.msg_id);
      end if;
    end;
  end loop;
  perform prive.appeler_renfort('repondre_prospects');
  return prises;
end
$$;
comment on function service.prendre_reponses(integer) is
  'Conversations that want a reply now, each leased to the caller: [{id_conversation, id_utilisateur, jeton, msg_id, jusqu_a, accuse, contexte}]. accuse: the read receipt to send now, {id_utilisateur, wamid, numero_emetteur, connecte_le, jeton}, or null when it was. A job whose burst may not be over, or whose conversation another worker has, is put back without counting as an attempt; one with nothing left to answer is archived. At most 100 jobs are read.';
grant execute on function service.prendre_reponses(integer) to service_role;

create function service.relire_contexte(id_conversation bigint, jeton uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  r record;
begin
  select c.id_utilisateur, x.repondu_jusqu_a, (
      select pg_catalog.max(m.id_message) from public.messages as m
      where m.id_conversation = c.id_conversation and m.id_utilisateur = c.id_utilisateur and m.direction_message = 'entrant'
        and m.id_message > x.repondu_jusqu_a and not m.sans_reponse) as dernier
  into r
  from prive.reponses as x join public.conversations as c using (id_conversation)
  where x.id_conversation = relire_contexte.id_conversation and x.jeton = relire_contexte.jeton and x.bail_expire_le > prive.maintenant();
  return case when r.dernier is not null then pg_catalog.jsonb_build_object('jusqu_a', r.dernier,
    'contexte', prive.contexte_reponse(r.id_utilisateur, relire_contexte.id_conversation, r.repondu_jusqu_a)) end;
end
$$;
comment on function service.relire_contexte(bigint, uuid) is
  'For who holds the lease and must answer anew (issue commande_refusee): { jusqu_a, contexte } as service.prendre_reponses gave them, as they are now; null when the lease is lost or nothing is left to answer.';
grant execute on function service.relire_contexte(bigint, uuid) to service_role;

create function service.prolonger_bail(id_conversation bigint, jeton uuid) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
  update prive.reponses as r
  set bail_expire_le = prive.maintenant() + pg_catalog.make_interval(secs => prive.reglage('bail_reponse_s'))
  where r.id_conversation = prolonger_bail.id_conversation and r.jeton = prolonger_bail.jeton and r.bail_expire_le > prive.maintenant();
  return found;
end
$$;
comment on function service.prolonger_bail(bigint, uuid) is 'Renews a lease while a slow engine thinks. False: it is lost, stop.';
grant execute on function service.prolonger_bail(bigint, uuid) to service_role;

create function prive.rendre_bail(conversation bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  update prive.reponses set jeton = null, bail_expire_le = null where id_conversation = conversation;
end
$$;
comment on function prive.rendre_bail(bigint) is 'The conversation is free for the next worker.';

create function service.echouer_reponse(id_conversation bigint, jeton uuid, msg_id bigint, erreur text) returns text
language plpgsql volatile security definer set search_path = ''
as $$
declare
  nombre integer;
  attente_s integer;
begin
  -- Locked first, as in enregistrer_reponse: the last failure turns its AI off.
  perform from public.conversations as v where v.id_conversation = echouer_reponse.id_conversation for no key update;
  update prive.reponses as r set echecs = r.echecs + 1, jeton = null, bail_expire_le = null
  where r.id_conversation = echouer_reponse.id_conversation and r.jeton = echouer_reponse.jeton
  returning r.echecs into nombre;
  if not found then
    return 'bail_perdu';
  end if;
  if nombre < (select f.tentatives_max from prive.files as f where f.nom = 'repondre_prospects') then
    attente_s := prive.delai_reprise_s(nombre);
    update prive.reponses as r set pas_avant = prive.maintenant() + pg_catalog.make_interval(secs => attente_s)
    where r.id_conversation = echouer_reponse.id_conversation;
    perform pgmq.set_vt('repondre_prospects', msg_id, attente_s);
    return 'a_reprendre';
  end if;
  perform prive.abandonner_reponse(echouer_reponse.id_conversation, msg_id, erreur, nombre);
  return 'abandonnee';
end
$$;
comment on function service.echouer_reponse(bigint, uuid, bigint, text) is
  'The engine failed: another attempt comes later (a_reprendre) or, after the eighth failure since the last reply, it is a dead letter, the AI is off and the vendor told (abandonnee). bail_perdu: another worker has it.';
grant execute on function service.echouer_reponse(bigint, uuid, bigint, text) to service_role;

create function prive.tg_conversations__ia_reprend() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  -- A person's words answer all before them; a reply of the AI what it took into account, unless a person cut it short before
  -- it was sent. So this may be less than what was thought answered when that reply was recorded.
  repondu bigint := (
    select pg_catalog.max(case when m.genere_par_ia then m.repond_jusqu_a else m.id_message end) from public.messages as m
    where m.id_conversation = new.id_conversation and m.id_utilisateur = new.id_utilisateur and m.direction_message = 'sortant'
      and (m.statut_livraison <> 'echec' or (m.genere_par_ia and m.code_erreur is distinct from 'main_prise')));
  a_repondre bigint;
begin
  insert into prive.reponses as r (id_conversation, repondu_jusqu_a, reprise_le)
  values (new.id_conversation, coalesce(repondu, 0), prive.maintenant())
  on conflict (id_conversation) do update
    set repondu_jusqu_a = excluded.repondu_jusqu_a, reprise_le = excluded.reprise_le, memoire = '{}', retour_auto_le = null;
  select pg_catalog.max(m.id_message) into a_repondre from public.messages as m
  where m.id_conversation = new.id_conversation and m.id_utilisateur = new.id_utilisateur
    and m.direction_message = 'entrant' and not m.sans_reponse
    and m.id_message > coalesce(repondu, 0);
  if a_repondre is not null then
    perform prive.demander_reponse(new.id_conversation, a_repondre);
  end if;
  return null;
end
$$;
comment on function prive.tg_conversations__ia_reprend() is
  'After the AI is given a conversation back: it answers what nobody has answered, be it that its own reply was cut short, and nothing that a person has.';
create trigger tg_conversations__ia_reprend after update of ia_activee, statut_conversation on public.conversations
  for each row when (not (old.ia_activee and old.statut_conversation = 'active') and new.ia_activee and new.statut_conversation = 'active')
  execute function prive.tg_conversations__ia_reprend();
