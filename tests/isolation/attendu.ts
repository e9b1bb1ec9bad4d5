// Who may do what: the one table that the isolation tests hold the database to. A table, view or function that is not
// here fails them; so does a right or a policy that says otherwise.

export const ROLES = ['lecteur', 'agent', 'gestionnaire', 'proprietaire'] as const;
export type Role = (typeof ROLES)[number];
export const ACTIONS = ['select', 'insert', 'update', 'delete'] as const;
export type Action = (typeof ACTIONS)[number];

/** The lowest role that may; null: nobody. It is told of the rights (grants) and of the policies, each alone. */
export type Acces = Record<Action, Role | null>;

/** Tables and views of `public`, and the buckets. Those of `prive` are not listed: nobody may do anything there. */
export const ACCES = lireAcces(`
  table                    select         insert         update         delete

  abonnements              proprietaire   -              -              -
  analyses_emails          gestionnaire   -              -              -
  articles_a_preparer      lecteur        -              -              -
  attentes_stock           lecteur        -              -              -
  avis_livraison           lecteur        -              -              -
  campagnes_marketing      lecteur        gestionnaire   gestionnaire   -
  commandes                lecteur        -              agent          -
  comptes_email            gestionnaire   -              -              -
  comptes_whatsapp         lecteur        -              -              -
  conversations            lecteur        -              agent          -
  details_commande         lecteur        -              -              -
  emails_recus             gestionnaire   -              gestionnaire   -
  factures                 lecteur        -              gestionnaire   -
  invitations_equipe       proprietaire   -              -              proprietaire
  journaux_systeme         gestionnaire   -              -              -
  livraisons               lecteur        -              agent          -
  livreurs                 lecteur        gestionnaire   gestionnaire   gestionnaire
  medias                   lecteur        -              -              -
  membres_equipe           lecteur        -              proprietaire   -
  messages                 lecteur        -              -              -
  metriques_campagnes      lecteur        -              -              -
  modeles_whatsapp         lecteur        -              -              -
  notifications            lecteur        -              agent          -
  produits                 lecteur        gestionnaire   gestionnaire   gestionnaire
  propositions_livraison   lecteur        -              -              -
  prospects                lecteur        agent          agent          -
  rapport_commandes        lecteur        -              -              -
  rapport_conversation     lecteur        -              -              -
  rapport_livraisons       lecteur        -              -              -
  rapport_livreurs         lecteur        -              -              -
  rapport_vendeur          lecteur        -              -              -
  sessions_analytiques     lecteur        -              -              -
  sessions_du_jour         lecteur        -              -              -
  utilisateurs_fluxasync   lecteur        -              proprietaire   -
  utilisation_apis         gestionnaire   -              -              -
  variantes_produit        lecteur        gestionnaire   gestionnaire   gestionnaire
  zones_livraison          lecteur        gestionnaire   gestionnaire   gestionnaire

  storage.objects medias   lecteur        agent          -              -
  storage.objects produits  lecteur       gestionnaire   gestionnaire   gestionnaire
`);

/** Views of a function that itself asks who calls: nothing to see without a caller, and no policy behind them. */
export const VUES_DE_FONCTIONS = ['sessions_du_jour'];

/** The columns that may be written, where any may. A right on the whole table is never given. */
export const COLONNES: Record<string, { insert?: string; update?: string }> = {
  campagnes_marketing: {
    insert:
      'audience_cible budget_campagne date_debut date_fin id_utilisateur identifiant_pub modele_message nom_campagne statut_campagne type_campagne',
    update:
      'audience_cible budget_campagne date_debut date_fin identifiant_pub modele_message nom_campagne statut_campagne type_campagne',
  },
  commandes: { update: 'adresse_livraison methode_paiement notes_commande telephone_livraison' },
  conversations: { update: 'non_lus statut_conversation' },
  emails_recus: { update: 'email_traite niveau_priorite' },
  factures: { update: 'statut_facture' },
  livraisons: {
    update:
      'adresse_destination adresse_recuperation date_livraison_prevue duree_estimee_minutes frais_livraison latitude_destination longitude_destination notes_livraison preuve_livraison',
  },
  livreurs: {
    insert:
      'disponible_maintenant email_livreur id_utilisateur livreur_actif nom_complet_livreur numero_telephone_livreur type_vehicule zones_couverture',
    update:
      'disponible_maintenant email_livreur livreur_actif nom_complet_livreur numero_telephone_livreur type_vehicule zones_couverture',
  },
  membres_equipe: { update: 'role' },
  notifications: { update: 'lue_le' },
  produits: {
    insert:
      'attributs categorie_produit description_produit id_utilisateur nom_produit prix_unitaire produit_actif quantite_stock reference_produit urls_images vehicule_minimum',
    update:
      'attributs categorie_produit description_produit nom_produit prix_unitaire produit_actif quantite_stock reference_produit urls_images vehicule_minimum',
  },
  prospects: {
    insert:
      'id_campagne id_utilisateur localisation nom_complet notes_personnelles numero_telephone source_acquisition statut_prospect',
    update:
      'id_campagne localisation nom_complet notes_personnelles numero_telephone source_acquisition statut_prospect',
  },
  utilisateurs_fluxasync: {
    update:
      'adresse_recuperation canaux_notifications consignes_ia delai_retour_ia_minutes devise fuseau_horaire heures_ouverture langue latitude livraison_auto livreurs_a livreurs_de longitude moyens_paiement nom nom_entreprise numero_telephone pays politiques prenom retrait_possible secteur_activite seuil_stock_bas',
  },
  variantes_produit: {
    insert: 'attributs id_produit id_utilisateur prix_unitaire quantite_stock variante_active',
    update: 'attributs prix_unitaire quantite_stock variante_active',
  },
  zones_livraison: {
    insert:
      'communes delai_jours frais_livraison heure_limite id_utilisateur nom_zone remuneration_livreur zone_active',
    update: 'communes delai_jours frais_livraison heure_limite nom_zone remuneration_livreur zone_active',
  },
};

/**
 * Who of anon, authenticated and service_role may execute what: all functions of `public` and `service`, and those of
 * `prive` that anybody may. Two spaces or more part the columns.
 */
export const FONCTIONS = lireFonctions(`
  public.accepter_invitation(text)                                                                authenticated
  public.assigner_livreur(bigint, bigint)                                                         authenticated
  public.changer_disponibilite(bigint, boolean)                                                   authenticated
  public.changer_statut_commande(bigint, text)                                                    authenticated
  public.changer_statut_livraison(bigint, text)                                                   authenticated
  public.changer_statut_paiement(bigint, text)                                                    authenticated
  public.commencer_connexion_whatsapp()                                                           authenticated
  public.creer_commande(bigint, jsonb, text, bigint, text, text, text, numeric, text, boolean)    authenticated
  public.devenir_vendeur(text)                                                                    authenticated
  public.emettre_facture(bigint, numeric, timestamp with time zone)                               authenticated
  public.envoyer_contenu(bigint, text, text, jsonb, text, text)                                   authenticated
  public.envoyer_message(bigint, text, text, text)                                                authenticated
  public.envoyer_modele(bigint, text, text, jsonb, text)                                          authenticated
  public.inviter_membre(text, text)                                                               authenticated
  public.peut_ecrire(bigint)                                                                      authenticated
  public.numero_fluxasync()                                                                       authenticated
  public.planifier_livraison(bigint, bigint, timestamp with time zone, text, text, numeric)       authenticated
  public.prendre_en_main(bigint)                                                                  authenticated
  public.quitter_equipe(uuid)                                                                     authenticated
  public.relancer_livraison(bigint, boolean)                                                      authenticated
  public.remplacer_lignes_commande(bigint, jsonb)                                                 authenticated
  public.rendre_a_ia(bigint)                                                                      authenticated
  public.renvoyer_code(bigint)                                                                    authenticated
  public.renvoyer_message(bigint)                                                                 authenticated
  public.retirer_membre(uuid)                                                                     authenticated
  public.synchroniser_modeles(uuid)                                                               authenticated
  public.tableau_de_bord(uuid, date, date)                                                        authenticated
  public.verifier_mon_numero()                                                                    authenticated

  prive.accepter_invitation(text)                                                                 authenticated
  prive.assigner_livreur(bigint, bigint)                                                          authenticated
  prive.changer_disponibilite(bigint, boolean)                                                    authenticated
  prive.changer_statut_commande(bigint, text)                                                     authenticated
  prive.changer_statut_livraison(bigint, text)                                                    authenticated
  prive.changer_statut_paiement(bigint, text)                                                     authenticated
  prive.commencer_connexion_whatsapp()                                                            authenticated
  prive.creer_commande(bigint, jsonb, text, bigint, text, text, text, numeric, text, boolean)     authenticated
  prive.devenir_vendeur(text)                                                                     authenticated
  prive.dire_code(text)                                                                           authenticated
  prive.emettre_facture(bigint, numeric, timestamp with time zone)                                authenticated
  prive.envoyer_contenu(bigint, text, text, jsonb, text, text)                                    authenticated
  prive.envoyer_message(bigint, text, text, text)                                                 authenticated
  prive.envoyer_modele(bigint, text, text, jsonb, text)                                           authenticated
  prive.inviter_membre(text, text)                                                                authenticated
  prive.numero_fluxasync()                                                                        authenticated
  prive.mes_vendeurs(text)                                                                        authenticated
  prive.peut_ecrire_membre(bigint)                                                                authenticated
  prive.planifier_livraison(bigint, bigint, timestamp with time zone, text, text, numeric)        authenticated
  prive.prendre_en_main(bigint)                                                                   authenticated
  prive.quitter_equipe(uuid)                                                                      authenticated
  prive.relancer_livraison(bigint, boolean)                                                       authenticated
  prive.remplacer_lignes(bigint, jsonb)                                                           authenticated
  prive.rendre_a_ia(bigint)                                                                       authenticated
  prive.renvoyer_code(bigint)                                                                     authenticated
  prive.renvoyer_message(bigint)                                                                  authenticated
  prive.retirer_membre(uuid)                                                                      authenticated
  prive.sessions_du_jour()                                                                        authenticated
  prive.synchroniser_modeles(uuid)                                                                authenticated
  prive.tableau_de_bord(uuid, date, date)                                                         authenticated
  prive.verifier_mon_numero()                                                                     authenticated
  prive.maintenant()                                                                              authenticated service_role
  prive.normaliser(text)                                                                          authenticated service_role
  prive.normaliser_telephone(text, text)                                                          authenticated service_role
  prive.refuser(text, text)                                                                       authenticated service_role
  prive.zones_de(text)                                                                            authenticated service_role

  service.chercher_produits(bigint, text)                                                         service_role
  service.chiffrer_ligne(bigint, bigint, bigint, integer)                                         service_role
  service.classer_livreurs(bigint)                                                                service_role
  service.code_pin_connexion(uuid, bigint, text, text)                                            service_role
  service.connecter_compte_email(uuid, text, text, text, text, timestamp with time zone)          service_role
  service.connecter_compte_plateforme(text, text, text, text, text)                               service_role
  service.connecter_compte_whatsapp(uuid, text, text, text, text)                                 service_role
  service.deconnecter_compte_whatsapp(uuid, bigint)                                               service_role
  service.echouer_reponse(bigint, uuid, bigint, text)                                             service_role
  service.ecrire_message(bigint, text, text, jsonb, text)                                         service_role
  service.enregistrer_analyse_email(uuid, bigint, text)                                           service_role
  service.enregistrer_effacements(bigint[])                                                       service_role
  service.enregistrer_email(uuid, bigint, text)                                                   service_role
  service.enregistrer_envois(jsonb)                                                               service_role
  service.enregistrer_medias(jsonb)                                                               service_role
  service.enregistrer_modeles(uuid, text, uuid, jsonb)                                            service_role
  service.enregistrer_notifications(jsonb)                                                        service_role
  service.enregistrer_numero(uuid, bigint, jsonb)                                                 service_role
  service.enregistrer_reponses(jsonb)                                                             service_role
  service.envois_dus()                                                                            service_role
  service.estimer_livraison(bigint, text)                                                         service_role
  service.garder_jeton_connexion(uuid, bigint, text, text)                                        service_role
  service.jeton_refuse(uuid, bigint, text)                                                        service_role
  service.lire_boutique(bigint)                                                                   service_role
  service.lire_commandes(bigint)                                                                  service_role
  service.lire_produit(bigint, bigint)                                                            service_role
  service.modifier_panier(bigint, jsonb, jsonb)                                                   service_role
  service.noter_appels(jsonb)                                                                     service_role
  service.noter_refus_compte(text, text, timestamp with time zone)                                service_role
  service.notifier(uuid, text, text, text, text, text, text, text, bigint)                        service_role
  service.numero_du_compte(uuid, bigint)                                                          service_role
  service.numeros_pris(uuid, text[])                                                              service_role
  service.ouvrir_connexion_whatsapp(uuid, text, text)                                             service_role
  service.peut_ecrire(bigint)                                                                     service_role
  service.planifier_livraison(uuid, bigint, bigint, timestamp with time zone, numeric)            service_role
  service.prendre_effacements(integer)                                                            service_role
  service.prendre_envois(integer)                                                                 service_role
  service.prendre_livraisons(integer)                                                             service_role
  service.prendre_medias(integer, boolean)                                                        service_role
  service.prendre_notifications(integer)                                                          service_role
  service.prendre_reponses(integer)                                                               service_role
  service.prendre_synchronisations(integer)                                                       service_role
  service.preparer_deconnexion_whatsapp(uuid, bigint)                                             service_role
  service.prolonger_bail(bigint, uuid)                                                            service_role
  service.recevoir_evenement_whatsapp(text)                                                       service_role
  service.relire_contexte(bigint, uuid)                                                           service_role
  service.remettre_livraison(bigint, text)                                                        service_role
  service.reserver_generation(bigint)                                                             service_role
  service.terminer_connexion_whatsapp(uuid, bigint, jsonb)                                        service_role
  service.terminer_synchronisation(uuid, text, uuid, text)                                        service_role
  service.traiter_livraison(bigint, jsonb)                                                        service_role
  service.verifier_annulation(bigint, bigint)                                                     service_role
  service.verifier_attente_stock(bigint, bigint, bigint)                                          service_role
  service.verifier_commande(bigint, jsonb)                                                        service_role
`);

/**
 * Functions of `public`: the lowest role at vendor A that may call it on A's row (lignes.ts has the arguments), and the hint
 * everybody else is refused with. null: it acts on the caller himself, so that there is nobody else to keep out.
 */
export const APPELS: Record<string, { role: Role; refus: string } | null> = {
  'public.accepter_invitation(text)': null,
  'public.assigner_livreur(bigint, bigint)': { role: 'agent', refus: 'livraison_introuvable' },
  'public.changer_disponibilite(bigint, boolean)': { role: 'agent', refus: 'livreur_introuvable' },
  'public.changer_statut_commande(bigint, text)': { role: 'agent', refus: 'commande_introuvable' },
  'public.changer_statut_livraison(bigint, text)': { role: 'agent', refus: 'livraison_introuvable' },
  'public.changer_statut_paiement(bigint, text)': { role: 'agent', refus: 'commande_introuvable' },
  'public.commencer_connexion_whatsapp()': null,
  'public.creer_commande(bigint, jsonb, text, bigint, text, text, text, numeric, text, boolean)': {
    role: 'agent',
    refus: 'prospect_introuvable',
  },
  'public.devenir_vendeur(text)': null,
  'public.emettre_facture(bigint, numeric, timestamp with time zone)': {
    role: 'gestionnaire',
    refus: 'commande_introuvable',
  },
  'public.envoyer_contenu(bigint, text, text, jsonb, text, text)': {
    role: 'agent',
    refus: 'conversation_introuvable',
  },
  'public.envoyer_message(bigint, text, text, text)': { role: 'agent', refus: 'conversation_introuvable' },
  'public.envoyer_modele(bigint, text, text, jsonb, text)': {
    role: 'agent',
    refus: 'conversation_introuvable',
  },
  'public.inviter_membre(text, text)': null,
  'public.peut_ecrire(bigint)': { role: 'lecteur', refus: 'conversation_introuvable' },
  'public.numero_fluxasync()': null,
  'public.planifier_livraison(bigint, bigint, timestamp with time zone, text, text, numeric)': {
    role: 'agent',
    refus: 'commande_introuvable',
  },
  'public.prendre_en_main(bigint)': { role: 'agent', refus: 'conversation_introuvable' },
  'public.quitter_equipe(uuid)': null,
  'public.relancer_livraison(bigint, boolean)': { role: 'agent', refus: 'livraison_introuvable' },
  'public.remplacer_lignes_commande(bigint, jsonb)': { role: 'agent', refus: 'commande_introuvable' },
  'public.rendre_a_ia(bigint)': { role: 'agent', refus: 'conversation_introuvable' },
  'public.renvoyer_code(bigint)': { role: 'agent', refus: 'livraison_introuvable' },
  'public.renvoyer_message(bigint)': { role: 'agent', refus: 'message_introuvable' },
  'public.retirer_membre(uuid)': null,
  'public.synchroniser_modeles(uuid)': { role: 'gestionnaire', refus: 'vendeur_introuvable' },
  'public.tableau_de_bord(uuid, date, date)': { role: 'lecteur', refus: 'vendeur_introuvable' },
  'public.verifier_mon_numero()': null,
};

function lireAcces(texte: string): Record<string, Acces> {
  const role = (mot: string | undefined): Role | null => {
    if (mot === '-') return null;
    const connu = ROLES.find((r) => r === mot);
    if (!connu) throw new Error(`no such role: ${mot}`);
    return connu;
  };
  return Object.fromEntries(
    lignesDe(texte)
      .slice(1)
      .map(([table, s, i, u, d]) => [
        table,
        { select: role(s), insert: role(i), update: role(u), delete: role(d) },
      ]),
  );
}

function lireFonctions(texte: string): Record<string, string> {
  return Object.fromEntries(lignesDe(texte));
}

function lignesDe(texte: string): string[][] {
  return texte
    .split('\n')
    .map((ligne) => ligne.trim())
    .filter(Boolean)
    .map((ligne) => ligne.split(/ {2,}/));
}
