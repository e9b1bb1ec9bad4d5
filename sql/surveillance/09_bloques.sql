-- What somebody began and nobody ended: leases of replies, sends and notifications without an outcome or a job, files not fetched, proposals nobody closed,
-- people not told that an article is back.
-- Normal: no row. A dead worker's lease is taken over seconds after it has run out; a send without an outcome is given up after
--   two minutes (envoi_inconnu_s); a file is there in seconds; a courier's proposal ends when its time is over.
-- To do: "réponse" → the queue repondre_prospects is not worked on (07_files). "envoi" → the job regler-envois-inconnus does not
--   run or fails (11_taches_cron), or events are kept and not applied, which it waits for (10_evenements_whatsapp).
--   "envoi sans travail" → never normal, its job was lost: select prive.demander_envoi(<id_message>).
--   "notification" → as "envoi", the job regler-notifications-inconnues; "notification sans travail" → select prive.demander_notification(<id>).
--   "média" → the queue recuperer_medias is not worked on (07_files), or the vendor's number is off and waits to be connected:
--   WhatsApp keeps the file for seven days.
--   "retour en stock" → the job prevenir-retours does not run (11_taches_cron).
--   "proposition" → nothing asks the next courier: the vendor can assign one himself (assigner_livreur).
select
  b.quoi as "quoi",
  b.id as "identifiant",
  b.id_utilisateur as "vendeur",
  b.depuis as "aurait dû finir le",
  pg_catalog.date_trunc('second', prive.maintenant() - b.depuis) as "en retard de",
  b.detail as "détail"
from (
  select 'réponse (id_conversation)' as quoi, r.id_conversation as id, v.id_utilisateur, r.bail_expire_le as depuis,
    pg_catalog.format('échecs : %s, travailleurs morts : %s', r.echecs, r.deces) as detail
  from prive.reponses as r
  join public.conversations as v on v.id_conversation = r.id_conversation
  -- In a person's hands nobody takes the lease over, and nobody needs to.
  where r.bail_expire_le < prive.maintenant() - interval '1 minute' and v.ia_activee and v.statut_conversation = 'active'
  union all
  select 'envoi (id_message)', m.id_message, m.id_utilisateur,
    m.date_statut + pg_catalog.make_interval(secs => prive.reglage('envoi_inconnu_s')),
    pg_catalog.format('tentatives : %s', m.tentatives_envoi)
  from public.messages as m
  where m.statut_livraison = 'envoi_en_cours'
    and m.date_statut < prive.maintenant() - pg_catalog.make_interval(secs => prive.reglage('envoi_inconnu_s') + 60)
  union all
  select 'envoi sans travail (id_message)', m.id_message, m.id_utilisateur, m.date_creation + interval '5 minutes', m.code_erreur
  from public.utilisateurs_fluxasync as u
  -- By vendor and day: no index knows what is to be sent.
  join public.messages as m on m.id_utilisateur = u.id_utilisateur
    and m.date_creation between prive.maintenant() - interval '1 day' and prive.maintenant() - interval '5 minutes'
  where m.statut_livraison = 'a_envoyer' and m.code_erreur is distinct from 'fenetre_fermee'
    and not exists (select from pgmq.q_envoyer_messages as q where (q.message ->> 'id_message')::bigint = m.id_message)
  union all
  select 'notification (id_notification)', n.id_notification, n.id_utilisateur,
    n.pris_le + pg_catalog.make_interval(secs => prive.reglage('envoi_inconnu_s')), pg_catalog.format('tentatives : %s', n.tentatives)
  from public.notifications as n
  where n.canal_envoi = 'whatsapp' and n.statut_envoi = 'en_attente'
    and n.pris_le < prive.maintenant() - pg_catalog.make_interval(secs => prive.reglage('envoi_inconnu_s') + 60)
  union all
  select 'notification sans travail (id_notification)', n.id_notification, n.id_utilisateur, n.date_creation + interval '5 minutes', n.derniere_erreur
  from public.notifications as n
  where n.canal_envoi = 'whatsapp' and n.statut_envoi = 'en_attente' and n.pris_le is null and n.date_creation < prive.maintenant() - interval '5 minutes'
    and not exists (select from pgmq.q_envoyer_notifications as q where (q.message ->> 'id_notification')::bigint = n.id_notification)
  union all
  select 'média (id_media)', d.id_media, d.id_utilisateur, d.date_creation + interval '15 minutes',
    pg_catalog.format('tentatives : %s, travailleurs morts : %s%s', r.tentatives, r.deces, ', ' || d.motif)
  from prive.recuperations as r join public.medias as d using (id_media)
  where d.date_creation < prive.maintenant() - interval '15 minutes'
  union all
  select 'retour en stock (id_attente)', a.id_attente, a.id_utilisateur, a.retour_le + interval '5 minutes', pg_catalog.format('produit : %s', a.id_produit)
  from public.attentes_stock as a
  where a.retour_le < prive.maintenant() - interval '5 minutes' and a.prevenu_le is null
  union all
  select 'proposition (id_proposition)', p.id_proposition, p.id_utilisateur, p.expire_le,
    pg_catalog.format('livraison : %s, livreur : %s, rang : %s', p.id_livraison, p.id_livreur, p.rang)
  from public.propositions_livraison as p
  where p.statut = 'proposee' and p.expire_le < prive.maintenant() - interval '1 minute') as b
order by b.depuis
limit 200;
