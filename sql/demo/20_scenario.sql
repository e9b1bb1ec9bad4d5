-- "Kouadio vend des chaussures", steps 5 to 14 of the product's own document, as they happened yesterday: so that a front end
-- finds a customer, an order, a delivery, a mail and a day's figures. Development only, after 10_vendeurs.sql.

do $$
declare
  kouadio constant uuid := 'a0000000-0000-4000-8000-000000000001';
  hier constant timestamptz := date_trunc('day', now() at time zone 'Africa/Abidjan') at time zone 'Africa/Abidjan' - interval '1 day';
  compte bigint := (select id_compte_whatsapp from public.comptes_whatsapp where identifiant_numero_telephone = '100000000000001');
  nike bigint := (select id_produit from public.produits where nom_produit = 'Nike Air Max 90' and id_utilisateur = kouadio);
  pointure_38 bigint := (select id_variante from public.variantes_produit where id_produit = nike and attributs ->> 'pointure' = '38');
  campagne bigint;
  prospect bigint;
  conversation bigint;
  dernier bigint;
  commande jsonb;
  livreur bigint;
  email bigint;
begin
  update public.utilisateurs_fluxasync set date_creation = hier where id_utilisateur = kouadio;
  -- The rules' clock, so that dates and numbers are yesterday's.
  update prive.horloge set decalage = hier + interval '10 hours' - now();
  insert into public.campagnes_marketing (id_utilisateur, nom_campagne, type_campagne, statut_campagne, budget_campagne, identifiant_pub)
  values (kouadio, 'Chaussures de marque', 'pub_facebook', 'active', 25000, '120210000000000001') returning id_campagne into campagne;

  -- 5, 6, 7: Aminata comes from the advertisement and talks with the AI.
  insert into public.prospects (id_utilisateur, numero_telephone, numero_whatsapp, identifiant_whatsapp, nom_complet, source_acquisition,
    id_campagne, reference_pub)
  values (kouadio, '+2250598765432', '+2250598765432', '2250598765432', 'Aminata Traoré', 'pub_facebook', campagne,
    '{"source_id": "120210000000000001", "source_url": "https://fb.me/kouadio-chaussures"}')
  returning id_prospect into prospect;
  insert into public.conversations (id_utilisateur, id_prospect, id_compte_whatsapp, id_campagne, etape, dernier_message_recu, fenetre_expire_le)
  values (kouadio, prospect, compte, campagne, 'confirmee', hier + interval '10 hours 1 minute', hier + interval '34 hours 1 minute')
  returning id_conversation into conversation;
  insert into public.messages (id_conversation, identifiant_message_whatsapp, direction_message, contenu_message, genere_par_ia,
    score_confiance_ia, modele_ia, statut_livraison, nom_expediteur, date_creation)
  values
    (conversation, 'wamid.scenario.1', 'entrant', 'Bonjour, je suis intéressée par vos chaussures Nike', false, null, null, 'envoye',
     'Aminata Traoré', hier + interval '10 hours'),
    (conversation, 'wamid.scenario.2', 'sortant', 'Bonjour Aminata ! Je serais ravi de vous aider. Quelle pointure cherchez-vous ?', true,
     0.9, 'regles-fr-1', 'lu', null, hier + interval '10 hours 4 seconds'),
    (conversation, 'wamid.scenario.3', 'entrant', 'Je fais du 38', false, null, null, 'envoye', 'Aminata Traoré',
     hier + interval '10 hours 1 minute'),
    (conversation, 'wamid.scenario.4', 'sortant', 'Parfait ! J''ai des Nike Air Max 90 en 38 à 45 000 FCFA. Voulez-vous les voir ?', true,
     0.9, 'regles-fr-1', 'lu', null, hier + interval '10 hours 1 minute 4 seconds');
  select max(id_message) into dernier from public.messages where id_conversation = conversation;
  insert into prive.reponses (id_conversation, repondu_jusqu_a) values (conversation, dernier);

  -- 8, 9: her order, confirmed; the stock is taken.
  update prive.horloge set decalage = hier + interval '10 hours 5 minutes' - now();
  commande := prive.inserer_commande(kouadio, prospect, conversation,
    jsonb_build_array(jsonb_build_object('id_produit', nike, 'id_variante', pointure_38, 'quantite', 1)), 'scenario',
    'Cocody, Angré 7ème tranche, Villa 123', '+225 05 98 76 54 32', 'paiement_livraison', 0, null, true);

  -- 10, 11: Mamadou will bring it.
  insert into public.livreurs (id_utilisateur, nom_complet_livreur, numero_telephone_livreur, zones_couverture)
  values (kouadio, 'Mamadou Diabaté', '+225 07 11 22 33 44', 'Cocody, Marcory, Plateau') returning id_livreur into livreur;
  perform service.planifier_livraison(kouadio, (commande ->> 'id_commande')::bigint, livreur, hier + interval '38 hours', 2000);

  -- 12, 13: a supplier's mail and what the AI read in it.
  email := service.enregistrer_email(kouadio,
    service.connecter_compte_email(kouadio, 'gmail', 'kouadio@gmail.com', 'ya29.demo', '1//demo', null),
    '{"identifiant_message_email": "gmail_msg_789", "email_expediteur": "fournisseur@nike-ci.com",
      "sujet_email": "Nouveau stock Nike disponible - Livraison urgent", "niveau_priorite": "important"}');
  perform service.enregistrer_analyse_email(kouadio, email,
    '{"classification_email": "urgent", "resume_contenu": "Nouveau stock Nike disponible. Commande à passer avant 17h.",
      "action_suggeree": "repondre_urgent", "score_confiance": 0.95}');

  -- 14: he is told of the order.
  perform service.notifier(kouadio, 'scenario', 'mise_jour_commande', 'Nouvelle commande reçue',
    'Aminata Traoré a commandé 1x Nike Air Max 90 - Total: 45.000 FCFA', 'whatsapp', '+2250712345678', 'commande',
    (commande ->> 'id_commande')::bigint);
  update public.notifications set statut_envoi = 'livre', date_envoi = prive.maintenant(), date_livraison = prive.maintenant()
  where id_utilisateur = kouadio and cle_unicite = 'scenario';

  update public.conversations set statut_conversation = 'terminee' where id_conversation = conversation;
  update prive.horloge set decalage = interval '0';
end
$$;

-- 15 is counted, never written: here already, and by cron every hour.
select prive.cumuler_journees();
