-- Each WhatsApp number that needs somebody: off and why, low in Meta's esteem, its copy of templates old, or with much that failed.
-- Normal: no row. Numbers that their vendor disconnected are not shown.
-- To do: "arrêté" → the vendor was told and connects it again (motif jeton_mort, partenaire_retire) or settles it with Meta
--   (compte_desactive); "jeton illisible" → the Vault lost the token: he connects it again. "qualité rouge" → Meta may stop it: he
--   sends less advertising. "jamais copié", "copie ancienne" → 07_files (synchroniser_comptes), 08_lettres_mortes. "échecs" → the code
--   says what: select * from prive.codes_meta. What waits: 16_messages_en_attente.
select
  c.id_compte_whatsapp as "identifiant",
  c.numero_telephone_whatsapp as "numéro",
  u.adresse_email as "vendeur",
  a.avis as "avis",
  c.motif_inactif as "motif",
  c.date_connexion as "connecté le",
  c.qualite as "qualité",
  c.palier_messages as "palier",
  s.terminee_le as "copié de Meta le",
  m.approuves as "modèles approuvés",
  m.autres as "autres modèles",
  e.essayes as "sortants (24 h)",
  e.echecs as "échecs (24 h)",
  e.code as "code le plus fréquent",
  k.dit as "ce qu'il veut dire"
from public.comptes_whatsapp as c
join public.utilisateurs_fluxasync as u on u.id_utilisateur = c.id_utilisateur
left join prive.synchronisations as s
  on s.id_utilisateur = c.id_utilisateur and s.identifiant_compte_business = c.identifiant_compte_business
left join lateral (
  select count(*) filter (where x.statut = 'approuve') as approuves, count(*) filter (where x.statut not in ('approuve', 'supprime')) as autres
  from public.modeles_whatsapp as x
  where x.id_utilisateur = c.id_utilisateur and x.identifiant_compte_business = c.identifiant_compte_business) as m on true
left join lateral (
  select count(*) as essayes, count(*) filter (where x.statut_livraison = 'echec') as echecs,
    pg_catalog.mode() within group (order by x.code_erreur) filter (where x.statut_livraison = 'echec') as code
  from public.messages as x
  where x.id_utilisateur = c.id_utilisateur and x.id_compte_whatsapp = c.id_compte_whatsapp and x.direction_message = 'sortant'
    and x.date_creation > prive.maintenant() - interval '24 hours' and x.code_erreur is distinct from 'main_prise') as e on true
left join prive.codes_meta as k on k.code = e.code
left join lateral (
  select case
    when not c.compte_actif then 'arrêté'
    when prive.jeton_whatsapp(c.jeton_acces) is null then 'jeton illisible'
    when c.qualite = 'rouge' then 'qualité rouge'
    when e.echecs >= 5 and e.echecs * 10 > e.essayes then 'échecs'
    when s.terminee_le is null and c.date_connexion < prive.maintenant() - interval '2 hours' then 'jamais copié'
    when s.terminee_le < prive.maintenant() - interval '3 hours' then 'copie ancienne' end as avis) as a on true
where a.avis is not null and c.date_deconnexion is null
order by e.echecs desc, c.date_connexion desc
limit 200;
