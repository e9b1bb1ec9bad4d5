-- FluxAsync's own WhatsApp numbers, and what becomes of what vendors are told from them.
-- Normal: one row a number, avis "ok", nothing waits for more than seconds, failures are single phones.
-- To do: "arrêté" → Meta refused its token (motif): select service.connecter_compte_plateforme(…) with a new one, what waits then goes.
--   "jeton illisible" → the same. "sans modèle" → whoever has not written to it within 24 hours is not told on WhatsApp: have the template
--   approved (README, hosted), connect the number with its name. "échecs" → the code says what (prive.codes_meta); template codes
--   (132…) concern everybody. "en retard" → 07_files (envoyer_notifications). "aucun numéro" → vendors are told in their front end alone.
select
  f.identifiant_numero_telephone as "numéro de Meta",
  f.numero_telephone_whatsapp as "numéro",
  case
    when f.identifiant_numero_telephone is null then 'aucun numéro'
    when not f.compte_actif then 'arrêté'
    when prive.jeton_whatsapp(f.jeton_acces) is null then 'jeton illisible'
    when f.modele_nom is null then 'sans modèle'
    when n.attend_depuis < prive.maintenant() - interval '5 minutes' then 'en retard'
    when n.echecs >= 5 and n.echecs * 10 > n.nombre then 'échecs'
    else 'ok' end as "avis",
  f.motif_inactif as "motif",
  f.date_connexion as "connecté le",
  f.modele_nom as "modèle",
  n.en_attente as "en attente",
  n.attend_depuis as "la plus ancienne",
  n.nombre as "notifications (24 h)",
  n.arrivees as "arrivées (24 h)",
  n.echecs as "échecs (24 h)",
  n.code as "code le plus fréquent"
from (select 1) as toujours
left join prive.comptes_plateforme as f on true
cross join lateral (
  select count(*) filter (where x.statut_envoi = 'en_attente') as en_attente,
    min(x.date_creation) filter (where x.statut_envoi = 'en_attente') as attend_depuis,
    count(*) as nombre,
    count(*) filter (where x.statut_envoi = 'livre') as arrivees,
    count(*) filter (where x.statut_envoi = 'echec') as echecs,
    pg_catalog.mode() within group (order by pg_catalog.split_part(x.derniere_erreur, ' ', 1)) filter (where x.statut_envoi = 'echec') as code
  from public.utilisateurs_fluxasync as u
  -- By vendor and day, as the index has them.
  join public.notifications as x on x.id_utilisateur = u.id_utilisateur and x.date_creation > prive.maintenant() - interval '24 hours'
  where x.canal_envoi = 'whatsapp') as n
order by f.date_creation
limit 20;
