-- What people read of us, in one place: what a vendor is told of (prive.evenements), what couriers and customers are written
-- (prive.textes). {{nom}} stands for a value. What the AI says in a dialogue is its engines' own.

create table prive.textes (
  nom text primary key constraint nom_simple check (nom ~ '^[a-z_]{3,60}$'),
  contenu text not null,
  boutons jsonb not null default '[]' constraint boutons_sont_une_liste check (jsonb_typeof(boutons) = 'array' and jsonb_array_length(boutons) <= 3)
);
comment on table prive.textes is
  'What couriers and customers are written on WhatsApp. Outside Meta''s 24 hours the vendor''s own approved template "fluxasync_<nom>" says it, with the variables of contenu in the order of their first appearance.';
comment on column prive.textes.boutons is '[{"id": "proposition:{{proposition}}:accepter", "titre": "Accepter"}], at most three, titles of at most 20 characters.';
alter table prive.textes enable row level security;
create policy "personne par l'API" on prive.textes using (false);

create table prive.evenements (
  nom text primary key constraint nom_simple check (nom ~ '^[a-z_]{3,60}$'),
  type_notification text not null,
  titre text not null,
  contenu text not null,
  canal text not null default 'whatsapp' constraint canal_connu check (canal in ('whatsapp', 'application')),
  contact boolean not null default false,
  reponse boolean not null default false,
  actions jsonb not null default '[]' constraint actions_sont_une_liste check (jsonb_typeof(actions) = 'array' and jsonb_array_length(actions) <= 3)
);
comment on table prive.evenements is 'Of what a vendor is told, in which words, and where unless he chose otherwise (utilisateurs_fluxasync.canaux_notifications).';
comment on column prive.evenements.canal is 'whatsapp: also on the number he has verified; application: in his front end alone.';
comment on column prive.evenements.contact is 'On WhatsApp it ends with the customer''s name and number: he must write to him or call him, and his phone shows nothing else.';
comment on column prive.evenements.reponse is 'It answers a tap of his on WhatsApp: there it goes, whatever he chose.';
comment on column prive.evenements.actions is 'What he can do about it with one tap on WhatsApp: [{"action": "elargir", "titre": "Élargir les zones"}], titles of at most 20 characters.';
alter table prive.evenements enable row level security;
create policy "personne par l'API" on prive.evenements using (false);

create table prive.phrases (
  nom text primary key constraint nom_simple check (nom ~ '^[a-z_]{3,60}$'),
  phrase text not null
);
comment on table prive.phrases is 'Sentences that stand in what a vendor is told when it depends on the case: prive.phrase puts them in.';
alter table prive.phrases enable row level security;
create policy "personne par l'API" on prive.phrases using (false);

create function prive.remplir(modele text, valeurs jsonb) returns text
language plpgsql immutable set search_path = ''
as $$
declare
  reste text := modele;
  rendu text := '';
  trouve text[];
begin
  -- From left to right, so that a value which itself looks like a variable stays what it is.
  loop
    trouve := pg_catalog.regexp_match(reste, '^(.*?)\{\{([a-z_]+)\}\}(.*)$');
    exit when trouve is null;
    if valeurs ->> trouve[2] is null then
      raise exception 'text without a value for %: %', trouve[2], pg_catalog.left(modele, 80);
    end if;
    rendu := rendu || trouve[1] || (valeurs ->> trouve[2]);
    reste := trouve[3];
  end loop;
  return rendu || coalesce(reste, '');
end
$$;
comment on function prive.remplir(text, jsonb) is 'A text with its {{variables}} replaced by these values; every one of them must be given.';

create function prive.phrase(nom text, valeurs jsonb default '{}') returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
  p text;
begin
  select x.phrase into strict p from prive.phrases as x where x.nom = phrase.nom;
  return prive.remplir(p, valeurs);
end
$$;
comment on function prive.phrase(text, jsonb) is 'A sentence of prive.phrases with its {{variables}} replaced by these values.';

-- ── what couriers and customers are written ──────────────────────────────────────────────────────────────────────

-- Asking couriers.
insert into prive.textes (nom, contenu, boutons) values
  ('proposition_course', E'Bonjour {{livreur}}, une course pour {{boutique}} ?\n\nRetrait : {{retrait}}\nLivraison : {{destination}}\nQuand : {{quand}}\nDistance : {{distance}}\nÀ transporter : {{articles}}\n{{a_encaisser}}\nVotre part : {{remuneration}}\n\nMerci de répondre dans les {{delai}}.',
    '[{"id": "proposition:{{proposition}}:accepter", "titre": "Accepter"}, {"id": "proposition:{{proposition}}:refuser", "titre": "Refuser"}]'),
  ('course_acceptee', E'Merci {{livreur}}, la course est à vous ! Commande {{numero}}\n\nRetrait : {{retrait}}\nClient : {{client}}, {{telephone}}\nLivraison : {{destination}}\nQuand : {{quand}}\nÀ transporter : {{articles}}\n{{a_encaisser}}\nVotre part : {{remuneration}}\n\nQuand vous avez le colis, écrivez « récupéré » ou touchez le bouton.',
    '[{"id": "livraison:{{livraison}}:recuperee", "titre": "Colis récupéré"}]'),
  ('course_refusee', 'C''est noté, merci d''avoir répondu. À une prochaine course !', '[]'),
  ('course_deja_a_vous', 'La course {{numero}} est bien à vous. Si vous ne pouvez plus la faire, écrivez « je ne peux pas ».', '[]'),
  ('course_deja_refusee', 'Vous aviez refusé la course {{numero}} : elle est proposée à d''autres. À une prochaine course !', '[]'),
  ('course_deja_prise', 'Merci d''avoir répondu ! La course {{numero}} a été confiée à un autre livreur entre-temps. À la prochaine !', '[]'),
  ('course_proposee_ailleurs', 'Merci d''avoir répondu ! Le délai était passé, et la course {{numero}} est proposée à un autre livreur en ce moment. À la prochaine !', '[]'),
  ('course_plus_a_faire', 'Merci d''avoir répondu ! La course {{numero}} n''est plus à faire. À la prochaine !', '[]'),
  ('course_finie', 'La course {{numero}} est terminée, il n''y a plus rien à faire. Merci à vous !', '[]'),
  ('course_introuvable', 'Merci d''avoir répondu ! Cette course n''est plus à prendre. À la prochaine !', '[]'),
  ('course_retiree', 'La course {{numero}} que nous vous avions proposée n''est plus à prendre : inutile de répondre. Merci, et à la prochaine !', '[]');

-- What couriers are answered.
insert into prive.textes (nom, contenu, boutons) values
  ('colis_recupere', 'Merci ! Le client de {{numero}} reçoit un code. À la remise, demandez-le-lui et écrivez « livré » avec ce code.',
    '[{"id": "livraison:{{livraison}}:en_route", "titre": "Je suis en route"}, {"id": "livraison:{{livraison}}:livree", "titre": "J''ai livré"}, {"id": "livraison:{{livraison}}:probleme", "titre": "Problème"}]'),
  ('en_chemin_retrait', 'Merci ! Quand vous avez le colis de {{numero}}, écrivez « récupéré ».',
    '[{"id": "livraison:{{livraison}}:recuperee", "titre": "Colis récupéré"}, {"id": "livraison:{{livraison}}:probleme", "titre": "Problème"}]'),
  ('en_route_note', 'Bonne route ! À la remise de {{numero}}, demandez son code au client et écrivez « livré » avec ce code.',
    '[{"id": "livraison:{{livraison}}:livree", "titre": "J''ai livré"}, {"id": "livraison:{{livraison}}:probleme", "titre": "Problème"}]'),
  ('code_demande', 'Demandez au client le code à 4 chiffres de {{numero}} et écrivez-le ici. Sans code, envoyez une photo de la remise.',
    '[{"id": "livraison:{{livraison}}:probleme", "titre": "Problème"}]'),
  ('code_apres_retrait', 'C''est noté, vous avez le colis de {{numero}}. Le client reçoit son code à l''instant : demandez-le-lui et écrivez « livré » avec ce code.', '[]'),
  ('code_faux', 'Ce n''est pas le bon code pour {{numero}} (essai {{essai}} sur 5). Demandez au client de bien relire son message, ou envoyez une photo de la remise.', '[]'),
  ('code_bloque', 'Cinq codes faux pour {{numero}} : le vendeur vérifie avec le client et conclut lui-même. Merci de patienter.', '[]'),
  ('photo_recue', 'Merci pour la photo. Le colis de {{numero}} est-il remis au client ?',
    '[{"id": "livraison:{{livraison}}:photo:{{message}}", "titre": "Remis au client"}, {"id": "livraison:{{livraison}}:pas_encore", "titre": "Pas encore"}]'),
  ('photo_avant_retrait', 'Merci pour la photo. Avez-vous récupéré le colis de {{numero}} ?',
    '[{"id": "livraison:{{livraison}}:recuperee", "titre": "Colis récupéré"}, {"id": "livraison:{{livraison}}:probleme", "titre": "Problème"}]'),
  ('remise_attendue', 'D''accord. Quand {{numero}} est remis, écrivez « livré » avec le code du client, ou envoyez une photo de la remise.', '[]'),
  ('patience', '{{fait}} pour {{numero}}, patientez un peu. Toujours personne dans dix minutes ? Dites-le de nouveau, ou touchez « Impossible ».',
    '[{"id": "livraison:{{livraison}}:{{action}}", "titre": "{{bouton}}"}, {"id": "livraison:{{livraison}}:echec:{{raison}}", "titre": "Impossible"}]'),
  -- With a list of reasons.
  ('quel_probleme', 'Que se passe-t-il avec {{numero}} ?', '[]'),
  ('echec_note', 'C''est noté, merci d''avoir prévenu : le vendeur décide de la suite pour {{numero}}.{{colis}}', '[]'),
  ('renoncement_note', 'C''est noté, merci d''avoir prévenu : {{numero}} est confiée à quelqu''un d''autre.', '[]'),
  ('deja_livree', 'La livraison {{numero}} est déjà enregistrée, merci !', '[]'),
  ('course_close', 'Il n''y a plus rien à faire pour {{numero}} : {{etat}}.', '[]'),
  ('course_d_un_autre', 'Cette course n''est pas, ou plus, la vôtre. Écrivez « mes courses » pour voir les vôtres.', '[]'),
  ('position_notee', 'Merci, votre position est notée.', '[]'),
  ('disponible_note', 'C''est noté : vous êtes disponible, des courses peuvent vous être proposées.', '[]'),
  ('indisponible_note', 'C''est noté, plus de proposition pour l''instant. Écrivez « disponible » quand vous revenez.', '[]'),
  ('mes_courses', 'Vos courses :
{{courses}}', '[]'),
  ('aucune_course', 'Vous n''avez aucune course en cours. Écrivez « disponible » ou « pas disponible » pour dire si on peut vous en proposer.', '[]'),
  -- With a list of deliveries.
  ('quelle_course', 'Vous avez plusieurs courses : de laquelle s''agit-il ?', '[]'),
  ('aide_proposition', 'Je n''ai pas bien compris. Prenez-vous la course vers {{destination}} ?',
    '[{"id": "proposition:{{proposition}}:accepter", "titre": "Accepter"}, {"id": "proposition:{{proposition}}:refuser", "titre": "Refuser"}]'),
  ('aide_retrait', 'Je n''ai pas bien compris. Avez-vous récupéré le colis de {{numero}} ?',
    '[{"id": "livraison:{{livraison}}:recuperee", "titre": "Colis récupéré"}, {"id": "livraison:{{livraison}}:probleme", "titre": "Problème"}]'),
  ('aide_remise', 'Je n''ai pas bien compris. Avez-vous remis {{numero}} au client ?',
    '[{"id": "livraison:{{livraison}}:livree", "titre": "J''ai livré"}, {"id": "livraison:{{livraison}}:probleme", "titre": "Problème"}]');

-- Telling customers and couriers of a delivery.
insert into prive.textes (nom, contenu, boutons) values
  ('livreur_trouve', 'Bonne nouvelle ! {{livreur}} vous livrera votre commande {{numero}} {{quand}}.', '[]'),
  ('commande_en_route', '{{livreur}} ({{telephone}}) est en route avec votre commande {{numero}}. {{a_preparer}}
Votre code de remise : {{code_remise}}
Donnez-le au livreur seulement quand vous avez le colis en main.', '[]'),
  ('code_remise', 'Votre code de remise pour la commande {{numero}} : {{code_remise}}
Donnez-le au livreur seulement quand vous avez le colis en main.', '[]'),
  ('code_plus_haut', 'Votre code de remise vient de vous être envoyé, dans le message juste au-dessus. Donnez-le au livreur seulement quand vous avez le colis en main.', '[]'),
  ('livreur_attend', '{{livreur}} {{ou}} votre commande {{numero}} et n''arrive pas à vous joindre. Appelez-le dès que possible, s''il vous plaît : {{telephone}}.', '[]'),
  ('commande_livree', 'Votre commande {{numero}} vous a été remise. Merci de votre confiance ! Comment s''est passée la livraison avec {{livreur}} ?',
    '[{"id": "client:{{livraison}}:note:5", "titre": "Très bien"}, {"id": "client:{{livraison}}:note:3", "titre": "Moyen"}, {"id": "client:{{livraison}}:note:1", "titre": "Pas bien"}]'),
  ('livraison_manquee', 'Nous n''avons pas pu vous remettre votre commande {{numero}} : {{raison}} Quand pouvons-nous revenir, {{jour}} ou {{jour_suivant}} ?',
    '[{"id": "client:{{livraison}}:date:{{date}}", "titre": "{{bouton}}"}, {"id": "client:{{livraison}}:date:{{date_suivante}}", "titre": "{{bouton_suivant}}"}, {"id": "client:{{livraison}}:vendeur", "titre": "Parler au vendeur"}]'),
  ('livraison_suspendue', 'Votre commande {{numero}} n''a pas encore pu vous être remise. La boutique revient vers vous très vite.', '[]'),
  ('course_confiee', '{{boutique}} vous confie la livraison {{numero}}, {{livreur}}.
Retrait : {{retrait}}
Destination : {{destination}}
Client : {{client}}, {{telephone}}
Quand : {{quand}}
Articles : {{articles}}
{{a_encaisser}}
Votre rémunération : {{remuneration}}
Quand vous avez le colis, touchez le bouton ou écrivez « récupéré ».', '[{"id": "livraison:{{livraison}}:recuperee", "titre": "Colis récupéré"}]'),
  ('course_perdue', 'Merci {{livreur}}, vous n''avez plus à vous occuper de la livraison {{numero}}.', '[]'),
  ('course_annulee', 'Merci {{livreur}}, la commande {{numero}} n''est plus à livrer.{{colis}}', '[]'),
  ('course_terminee', 'Merci {{livreur}}, la livraison {{numero}} est terminée.{{encaisse}}', '[]'),
  ('avis_merci', 'Merci pour votre avis, à bientôt !', '[]'),
  ('avis_regret', 'Merci de nous l''avoir dit : la boutique le saura. Nous ferons mieux la prochaine fois.', '[]'),
  ('avis_garde', 'Votre avis est déjà enregistré, merci !', '[]'),
  ('date_choisie', 'C''est noté : votre commande {{numero}} vous sera livrée {{quand}}.', '[]'),
  ('date_deja_reglee', 'C''est déjà réglé : {{etat}} Écrivez-nous ici s''il vous faut autre chose.', '[]'),
  ('vendeur_prevenu', 'C''est noté, la boutique vous répond ici même dès que possible.', '[]');

-- ── what vendors are told ────────────────────────────────────────────────────────────────────────────────────────

-- Deliveries.
insert into prive.evenements (nom, type_notification, titre, contenu, canal, actions) values
  ('livreur_trouve', 'mise_jour_livraison', 'Livreur trouvé pour {{numero}}', '{{livreur}} livrera la commande {{numero}} à {{destination}}.', 'whatsapp', '[]'),
  ('livraison_recuperee', 'mise_jour_livraison', '{{numero}} est en route', '{{livreur}} a récupéré le colis de la commande {{numero}}.', 'application', '[]'),
  ('livraison_livree', 'mise_jour_livraison', '{{numero}} est livrée', '{{livreur}} a remis la commande {{numero}} à {{client}}.{{encaisse}}', 'whatsapp', '[]'),
  ('livraison_echec', 'mise_jour_livraison', '{{numero}} n''a pas pu être livrée', 'La commande {{numero}} ({{client}}) n''a pas pu être remise : {{motif}}', 'whatsapp',
    '[{"action": "reessayer", "titre": "Réessayer"}]'),
  ('personne_disponible', 'mise_jour_livraison', 'Aucun livreur pour {{numero}}', 'Personne ne prend la commande {{numero}} ({{client}}, {{destination}}). {{motif}}', 'whatsapp',
    '[{"action": "elargir", "titre": "Élargir les zones"}, {"action": "reessayer", "titre": "Réessayer"}, {"action": "choisir", "titre": "Choisir quelqu''un"}]'),
  ('code_epuise', 'mise_jour_livraison', 'Code de remise refusé pour {{numero}}',
    '{{livreur}} a donné cinq codes faux pour la commande {{numero}}. Vérifiez avec votre client que le colis est arrivé, puis indiquez-le vous-même.', 'whatsapp', '[]'),
  ('livraison_a_reprogrammer', 'mise_jour_livraison', '{{numero}} : nouvelle date', '{{client}} souhaite recevoir la commande {{numero}} {{jour}}. Un livreur est de nouveau recherché.', 'application', '[]'),
  ('livraison_en_retard', 'mise_jour_livraison', '{{numero}} est en retard', '{{livreur}} ({{telephone}}) {{etat}}', 'whatsapp', '[]'),
  ('client_veut_vendeur', 'mise_jour_livraison', '{{client}} veut vous parler', 'Au sujet de la livraison de la commande {{numero}}, {{client}} préfère parler avec vous.', 'whatsapp', '[]'),
  ('client_injoignable', 'mise_jour_livraison', '{{numero}} : prévenez votre client', '{{motif}}', 'whatsapp', '[]'),
  ('avis_negatif', 'mise_jour_livraison', 'Livraison mal notée', '{{client}} a mal noté la livraison de la commande {{numero}} par {{livreur}}.', 'application', '[]'),
  ('choisir_livreur', 'mise_jour_livraison', 'Qui livre {{numero}} ?', 'Choisissez le livreur de la commande {{numero}} ({{client}}, {{destination}}).', 'whatsapp', '[]'),
  ('deja_regle', 'mise_jour_livraison', '{{numero}} : déjà réglé', 'Il n''y a plus rien à faire pour la commande {{numero}} : {{etat}}', 'whatsapp', '[]');

insert into prive.evenements (nom, type_notification, titre, contenu, canal) values
  ('livreur_non_prevenu', 'mise_jour_livraison', '{{numero}} : appelez {{livreur}}', '{{raison}} Appelez-le : {{telephone}}.', 'whatsapp');

insert into prive.evenements (nom, type_notification, titre, contenu, canal, actions) values
  ('livraison_a_planifier', 'mise_jour_livraison', '{{numero}} : livraison à planifier', 'La livraison de la commande {{numero}} n''a pas pu être préparée. Planifiez-la vous-même.', 'whatsapp', '[]'),
  ('recherche_relancee', 'mise_jour_livraison', '{{numero}} : recherche relancée', 'Un livreur est de nouveau recherché pour la commande {{numero}}.{{zones}}', 'whatsapp', '[]'),
  ('aucun_livreur_actif', 'mise_jour_livraison', '{{numero}} : aucun livreur', 'Votre boutique n''a aucun livreur actif pour la commande {{numero}}. Ajoutez-en un dans l''application.', 'whatsapp', '[]');

-- Orders.
insert into prive.evenements (nom, type_notification, titre, contenu, canal) values
  ('commande', 'mise_jour_commande', 'Nouvelle commande reçue', '{{client}} a commandé {{articles}}. À payer : {{montant}} ({{numero}}).', 'whatsapp'),
  ('commande_annulee', 'mise_jour_commande', 'Commande annulée par le client', '{{client}} a annulé la commande {{numero}}.', 'whatsapp');

-- Conversations.
insert into prive.evenements (nom, type_notification, titre, contenu, canal) values
  ('main_demandee', 'alerte_systeme', 'Un prospect vous attend', '{{resume}}{{panier}}', 'whatsapp'),
  ('main_rappel', 'alerte_systeme', 'Un prospect vous attend toujours', '{{resume}}{{panier}}', 'whatsapp'),
  ('reponse_impossible', 'alerte_systeme', 'Un prospect attend une réponse', 'L''assistant n''a pas pu répondre à ce prospect. Répondez-lui vous-même.', 'whatsapp'),
  ('envoi_echoue', 'alerte_systeme', 'Un message n''est pas parti', '{{raison}} « {{message}} »', 'application'),
  ('identite_double', 'alerte_systeme', 'Un client a changé de numéro',
    '{{client}} écrit maintenant depuis {{numero}}, que vous avez déjà comme un autre client ({{autre}}). Les deux fiches restent séparées.', 'application'),
  ('membre_parti', 'alerte_systeme', 'Des conversations n''ont plus personne',
    '{{membre}} a quitté l''équipe et suivait {{nombre}} conversation(s) : reprenez-les ou rendez-les à l''IA.', 'whatsapp');

-- Stock.
insert into prive.evenements (nom, type_notification, titre, contenu, canal) values
  ('stock_bas', 'alerte_systeme', 'Stock bas : {{article}}', 'Il ne reste que {{reste}} « {{article}} ».', 'whatsapp'),
  ('stock_epuise', 'alerte_systeme', 'Épuisé : {{article}}', 'Il ne reste plus de « {{article}} » : vos prospects ne peuvent plus en commander.', 'whatsapp'),
  -- After stock_alertes_jour of the two above in a day: their rows go on, in the front end alone.
  ('stocks_bas', 'alerte_systeme', 'D''autres articles bas ou épuisés', 'D''autres articles de votre boutique sont épuisés ou presque aujourd''hui : leur liste est dans l''application.', 'whatsapp'),
  ('retour_stock', 'alerte_systeme', 'Un prospect attendait cet article',
    '« {{article}} » est de nouveau disponible et {{client}} l''attendait. WhatsApp n''accepte plus de message libre : appelez-le, ou envoyez-lui un modèle.', 'whatsapp');

-- His plan, his numbers and what Meta says of them.
insert into prive.evenements (nom, type_notification, titre, contenu, canal) values
  ('quota_ia', 'alerte_systeme', 'Quota de réponses de l''IA atteint',
    'Les {{quota}} réponses de l''IA avancée de votre plan {{plan}} sont utilisées pour aujourd''hui. Vos prospects continuent de recevoir une réponse de l''assistant intégré, jusqu''à demain.{{mieux}}', 'application'),
  ('compte_inactif', 'alerte_systeme', 'Votre numéro {{numero}} n''est plus connecté', '{{raison}}', 'whatsapp'),
  ('compte_reconnecte', 'alerte_systeme', 'Votre numéro {{numero}} est de nouveau connecté',
    'Meta a rétabli votre compte WhatsApp. Les messages partent de nouveau ; ceux qui n''étaient pas partis sont à renvoyer.', 'whatsapp'),
  ('compte_menace', 'alerte_systeme', 'Meta va désactiver votre compte WhatsApp ({{numero}})',
    'Date annoncée : {{date}}. Ouvrez le Gestionnaire WhatsApp de Meta, lisez le motif et demandez un examen avant cette date.', 'whatsapp'),
  ('compte_infraction', 'alerte_systeme', 'Meta signale une infraction de votre compte WhatsApp',
    'Motif de Meta : {{motif}}. Ouvrez le Gestionnaire WhatsApp de Meta et corrigez-la, sinon le compte peut être restreint ou désactivé.', 'whatsapp'),
  ('compte_restreint', 'alerte_systeme', 'Meta restreint votre compte WhatsApp',
    'Restrictions : {{restrictions}}. Ouvrez le Gestionnaire WhatsApp de Meta pour en lire le motif et demander un examen.', 'whatsapp'),
  ('compte_refuse', 'alerte_systeme', 'Meta a refusé votre compte WhatsApp Business',
    'L''examen de votre compte a échoué. Ouvrez le Gestionnaire WhatsApp de Meta, lisez le motif et demandez un nouvel examen.', 'whatsapp'),
  ('alerte_meta', 'alerte_systeme', '{{alerte}}', 'Meta écrit : « {{mots}} »', 'application'),
  ('nom_refuse', 'alerte_systeme', 'Meta a refusé le nom affiché de votre numéro',
    '« {{nom}} » n''est pas accepté ({{motif}}). Proposez un autre nom dans le Gestionnaire WhatsApp de Meta.', 'application'),
  ('qualite_baisse', 'alerte_systeme', 'La qualité de votre numéro {{numero}} baisse',
    'Des clients ont bloqué ou signalé vos messages. Envoyez moins d''offres, à ceux qui les attendent : une qualité basse réduit le nombre de clients que vous pouvez joindre.', 'application'),
  ('palier_baisse', 'alerte_systeme', 'Votre numéro {{numero}} peut joindre moins de clients',
    'Nouvelle limite de Meta : {{palier}} (avant : {{avant}}) par jour, hors réponses à ceux qui vous écrivent.', 'application'),
  ('limite_spam', 'alerte_systeme', 'Meta limite votre numéro',
    'Trop de personnes ont bloqué ou signalé vos messages. Vos diffusions WhatsApp sont en pause : attendez que la qualité de votre numéro remonte avant de les reprendre.', 'whatsapp'),
  ('modele_inutilisable', 'alerte_systeme', 'Votre modèle WhatsApp « {{modele}} » ({{langue}}) ne peut plus être envoyé', '{{raison}}', 'application'),
  ('numero_deja_verifie', 'alerte_systeme', 'Ce numéro est déjà celui d''un autre compte',
    'Le {{numero}} est déjà vérifié pour un autre compte FluxAsync. Changez-le d''abord dans cet autre compte, ou écrivez depuis un autre téléphone.', 'application');

update prive.evenements set reponse = true where nom in ('choisir_livreur', 'recherche_relancee', 'aucun_livreur_actif', 'deja_regle');
update prive.evenements set contact = true
where nom in ('main_demandee', 'main_rappel', 'reponse_impossible', 'retour_stock', 'client_veut_vendeur', 'client_injoignable', 'code_epuise', 'livraison_echec');

insert into prive.phrases (nom, phrase) values
  ('contact_client', 'Client : {{contact}}'),
  ('panier_du_prospect', ' Panier : {{panier}}.'),
  ('message_refuse', 'WhatsApp a refusé ce message.'),
  -- What a courier does not know, because WhatsApp did not bring it to him.
  ('livreur_sans_course', '{{livreur}} n''a {{peut_etre}}pas reçu sur WhatsApp la course {{numero}} qui lui est confiée.'),
  ('livreur_sans_retrait', '{{livreur}} n''a {{peut_etre}}pas reçu sur WhatsApp que la course {{numero}} n''est plus à lui.'),
  ('quota_plus_grand', ' Le plan {{plan}} en donne {{quota}} par jour.'),
  -- Why a number is not connected.
  ('compte_muet', 'Ce qui devait partir de ce numéro n''est pas parti. Reconnectez-le pour que l''assistant réponde de nouveau.'),
  ('compte_jeton_refuse', 'WhatsApp ne nous laisse plus accéder à ce numéro : aucun message ne part plus. Reconnectez-le dans les réglages de votre boutique.'),
  ('compte_supprime', 'Votre compte WhatsApp Business a été supprimé chez Meta. Créez-en un et connectez de nouveau votre numéro dans FluxAsync.'),
  ('compte_desactive', 'Meta a désactivé votre compte WhatsApp Business. Ouvrez le Gestionnaire WhatsApp de Meta, lisez le motif et demandez un examen ; une fois le compte rétabli, les messages repartent.'),
  ('compte_acces_retire', 'L''accès de FluxAsync à votre compte WhatsApp a été retiré chez Meta. Connectez de nouveau votre numéro dans FluxAsync pour continuer.'),
  ('compte_parti', 'Votre numéro a changé de téléphone ou a été enregistré à nouveau : WhatsApp l''a déconnecté de FluxAsync. Connectez-le de nouveau.'),
  -- Why a template cannot be sent.
  ('modele_rejete', 'WhatsApp a refusé ce modèle{{motif}}. Corrigez-le dans le Gestionnaire WhatsApp.'),
  ('modele_en_pause', 'WhatsApp a mis ce modèle en pause, car trop de clients l''ont bloqué ou signalé. Il reprendra de lui-même.'),
  ('modele_desactive', 'WhatsApp a désactivé ce modèle. Créez-en un autre dans le Gestionnaire WhatsApp.'),
  -- What an alert of Meta's is about.
  ('alerte_officiel', 'Votre compte WhatsApp est officiel'),
  ('alerte_officiel_refuse', 'Meta a refusé le statut de compte officiel'),
  ('alerte_limite', 'Meta n''augmente pas votre limite de messages'),
  ('alerte_photo', 'La photo de votre profil WhatsApp a disparu'),
  ('alerte_autre', 'Une alerte de Meta sur votre compte WhatsApp'),
  -- Why a notification has not reached him on WhatsApp (notifications.derniere_erreur).
  ('avis_encore', 'Ce message n''est pas encore parti sur WhatsApp, FluxAsync réessaie.'),
  ('avis_injoignable', 'WhatsApp n''a pas pu remettre ce message à votre téléphone.'),
  ('avis_fenetre_fermee', 'Plus de 24 heures depuis votre dernier message à FluxAsync : WhatsApp n''a pas laissé passer celui-ci.'),
  ('avis_resultat_inconnu', 'WhatsApp n''a pas confirmé ce message ; il n''est peut-être pas arrivé.'),
  ('avis_numero_non_verifie', 'Votre numéro n''est pas vérifié : ce message n''est pas parti sur WhatsApp.'),
  ('avis_compte_inactif', 'FluxAsync n''a pas pu écrire sur WhatsApp à ce moment.'),
  ('avis_refuse', 'WhatsApp a refusé ce message.');
