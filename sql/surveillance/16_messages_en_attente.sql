-- Outgoing messages that have not left after a minute, by vendor and by what they wait for.
-- Normal: no row, or "le prospect": the 24 hours are over, the message goes when he writes, and ends after seven days.
-- To do: "un nouvel essai" → the code says what Meta answered; tries end by themselves (08_lettres_mortes). "son tour" → an earlier
--   message of the same conversation is in one of the other rows. "le débit" → the number, or one person, has had what Meta allows:
--   it goes by itself; thousands of one vendor are a flood of his. "un travailleur" → 07_files (envoyer_messages).
select
  u.adresse_email as "vendeur",
  a.attend as "attend",
  a.code_erreur as "code",
  k.dit as "ce qu'il veut dire",
  count(*) as "messages",
  count(distinct a.id_conversation) as "conversations",
  min(a.date_creation) as "le plus ancien",
  max(a.tentatives_envoi) as "tentatives (au plus)",
  min(a.prochain) as "prochain essai",
  min(a.id_message) as "premier id_message"
from (
  select m.id_utilisateur, m.id_conversation, m.id_message, 'le prospect' as attend, m.code_erreur, m.date_creation, m.tentatives_envoi,
    null::timestamptz as prochain
  from public.messages as m
  where m.statut_livraison = 'a_envoyer' and m.code_erreur = 'fenetre_fermee'
  union all
  select m.id_utilisateur, m.id_conversation, m.id_message,
    case when m.code_erreur is not null then 'un nouvel essai'
      when exists (
        select from public.messages as avant
        where avant.id_conversation = m.id_conversation and avant.id_utilisateur = m.id_utilisateur and avant.id_message < m.id_message
          and avant.direction_message = 'sortant' and (avant.statut_livraison = 'envoi_en_cours'
            or (avant.statut_livraison = 'a_envoyer' and avant.code_erreur is distinct from 'fenetre_fermee'))) then 'son tour'
      when exists (
        select from public.conversations as v
        join prive.debits as d on d.cle in ('n' || v.id_compte_whatsapp, 'p' || v.id_compte_whatsapp || ':' || v.id_prospect)
        where v.id_conversation = m.id_conversation and d.paye_jusqu_a > prive.maintenant()) then 'le débit'
      else 'un travailleur' end,
    m.code_erreur, m.date_creation, m.tentatives_envoi, q.vt
  from pgmq.q_envoyer_messages as q
  join public.messages as m on m.id_message = (q.message ->> 'id_message')::bigint
  where m.statut_livraison = 'a_envoyer' and m.code_erreur is distinct from 'fenetre_fermee'
    and m.date_creation < prive.maintenant() - interval '1 minute') as a
join public.utilisateurs_fluxasync as u on u.id_utilisateur = a.id_utilisateur
left join prive.codes_meta as k on k.code = a.code_erreur
group by u.adresse_email, a.attend, a.code_erreur, k.dit
order by count(*) desc
limit 200;
