-- Why a message does not go out: every code of Meta that is known, what is done about it, and what the vendor is told.

create table prive.codes_meta (
  code text primary key,
  suite text not null constraint suite_connue
    check (suite in ('reprendre', 'abandonner', 'compte', 'campagnes', 'modele', 'marketing', 'fenetre')),
  dit text not null
);
comment on table prive.codes_meta is
  'Codes of messages.code_erreur: Meta''s (https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes) and, in letters, ours. An operator may add one.';
comment on column prive.codes_meta.suite is
  'reprendre: sent again with backoff; abandonner: final; compte: the token is dead or was taken away, the number goes off; campagnes: Meta''s spam limit, broadcasts are paused; modele: the template is wrong; marketing: the person wants none; fenetre: the 24 hours are over.';
comment on column prive.codes_meta.dit is 'One French sentence for the vendor: what happened and, where he can do something, what.';
alter table prive.codes_meta enable row level security;
create policy "personne par l'API" on prive.codes_meta using (false);

insert into prive.codes_meta (code, suite, dit) values
  -- Meta's own trouble and its rate limits.
  ('1', 'reprendre', 'WhatsApp a eu un problème passager.'),
  ('2', 'reprendre', 'WhatsApp était momentanément indisponible.'),
  ('4', 'reprendre', 'Trop d''appels à WhatsApp en peu de temps.'),
  ('80007', 'reprendre', 'Votre compte WhatsApp Business a atteint sa limite d''appels.'),
  ('130429', 'reprendre', 'Votre numéro a envoyé trop de messages à la fois.'),
  ('131000', 'reprendre', 'WhatsApp a eu un problème passager.'),
  ('131016', 'reprendre', 'WhatsApp était momentanément surchargé.'),
  ('131056', 'reprendre', 'Trop de messages à ce prospect en peu de temps.'),
  ('131057', 'reprendre', 'Meta entretient votre compte WhatsApp Business, il est momentanément arrêté.'),
  ('133004', 'reprendre', 'WhatsApp était momentanément indisponible.'),
  -- The token, or what it may do.
  ('0', 'compte', 'Meta ne reconnaît plus l''accès de FluxAsync à votre numéro : reconnectez-le.'),
  ('3', 'compte', 'Meta a retiré à FluxAsync le droit d''écrire avec votre numéro : reconnectez-le.'),
  ('10', 'compte', 'Meta a retiré à FluxAsync le droit d''écrire avec votre numéro : reconnectez-le.'),
  ('190', 'compte', 'L''accès de FluxAsync à votre numéro a expiré ou a été retiré : reconnectez-le.'),
  ('200', 'compte', 'Meta a retiré à FluxAsync le droit d''écrire avec votre numéro : reconnectez-le.'),
  ('131005', 'compte', 'Meta a retiré à FluxAsync le droit d''écrire avec votre numéro : reconnectez-le.'),
  -- The person, or what Meta wants him spared.
  ('130472', 'abandonner', 'Meta n''a pas livré ce message : ce prospect fait partie d''une de ses expériences.'),
  ('131021', 'abandonner', 'Ce message était adressé à votre propre numéro.'),
  ('131026', 'abandonner', 'Ce prospect n''est pas joignable sur WhatsApp : numéro sans WhatsApp, ou application trop ancienne.'),
  ('131030', 'abandonner', 'Votre compte WhatsApp Business est encore en essai et n''écrit qu''aux numéros déclarés chez Meta.'),
  ('131049', 'abandonner', 'Meta n''a pas livré ce message pour ne pas lasser ce prospect : attendez avant de lui réécrire.'),
  ('131062', 'abandonner', 'Ce prospect cache son numéro, et ce genre de message demande un numéro.'),
  ('131047', 'fenetre', 'Plus de 24 heures depuis le dernier message du prospect, WhatsApp refuse ce message.'),
  ('131050', 'marketing', 'Ce prospect ne veut plus recevoir de messages publicitaires.'),
  -- The account.
  ('33', 'abandonner', 'Ce numéro WhatsApp n''existe plus chez Meta.'),
  ('368', 'abandonner', 'Meta a restreint votre compte WhatsApp Business : voyez pourquoi dans le Gestionnaire WhatsApp.'),
  ('130497', 'abandonner', 'Meta ne laisse pas votre compte WhatsApp Business écrire dans ce pays.'),
  ('131031', 'abandonner', 'Meta a bloqué votre compte WhatsApp Business : voyez pourquoi dans le Gestionnaire WhatsApp.'),
  ('131037', 'abandonner', 'Meta n''a pas encore approuvé le nom affiché de votre numéro.'),
  ('131042', 'abandonner', 'Le moyen de paiement de votre compte WhatsApp Business ne fonctionne pas : corrigez-le chez Meta.'),
  ('131045', 'abandonner', 'Votre numéro n''est pas bien enregistré chez Meta : reconnectez-le.'),
  ('131048', 'campagnes', 'Meta limite votre numéro : trop de personnes l''ont bloqué ou signalé.'),
  ('133000', 'abandonner', 'Votre numéro n''est pas bien enregistré chez Meta : reconnectez-le.'),
  ('133010', 'abandonner', 'Votre numéro n''est pas encore enregistré chez Meta : reconnectez-le.'),
  ('133015', 'abandonner', 'Votre numéro vient d''être supprimé chez Meta : attendez quelques minutes et reconnectez-le.'),
  ('134011', 'abandonner', 'Votre compte WhatsApp Business n''a pas accepté les conditions de paiement de Meta.'),
  -- What was sent.
  ('100', 'abandonner', 'WhatsApp ne comprend pas ce message.'),
  ('131008', 'abandonner', 'Il manque quelque chose à ce message pour WhatsApp.'),
  ('131009', 'abandonner', 'WhatsApp n''accepte pas le contenu de ce message.'),
  ('131051', 'abandonner', 'WhatsApp n''accepte pas ce genre de message.'),
  ('131052', 'abandonner', 'WhatsApp n''a pas pu lire le fichier de ce message.'),
  ('131053', 'abandonner', 'WhatsApp n''a pas accepté le fichier de ce message : vérifiez son format et sa taille.'),
  ('135000', 'abandonner', 'WhatsApp n''accepte pas le contenu de ce message.'),
  ('132000', 'modele', 'Ce modèle n''a pas le nombre de variables attendu.'),
  ('132001', 'modele', 'Ce modèle n''existe pas dans cette langue, ou n''est pas encore approuvé.'),
  ('132005', 'modele', 'Ce modèle devient trop long avec ses variables.'),
  ('132007', 'modele', 'Meta refuse le contenu de ce modèle.'),
  ('132012', 'modele', 'Une variable de ce modèle n''a pas la forme attendue.'),
  ('132015', 'modele', 'Meta a mis ce modèle en pause, car il a été mal accueilli.'),
  ('132016', 'modele', 'Meta a désactivé ce modèle pour de bon.'),
  ('132068', 'modele', 'Le formulaire de ce modèle est bloqué.'),
  ('132069', 'modele', 'Le formulaire de ce modèle est limité par Meta.'),
  -- Ours.
  ('reseau', 'reprendre', 'WhatsApp n''était pas joignable.'),
  ('http_429', 'reprendre', 'Trop d''appels à WhatsApp en peu de temps.'),
  ('lien_indisponible', 'reprendre', 'Le fichier de ce message n''a pas pu être préparé.'),
  ('fichier_introuvable', 'abandonner', 'Le fichier de ce message n''existe pas, ou plus : joignez-le de nouveau.'),
  ('contenu_invalide', 'abandonner', 'Ce message n''a pas une forme que WhatsApp accepte.'),
  ('fenetre_fermee', 'abandonner', 'Plus de 24 heures depuis le dernier message du prospect, WhatsApp refuse ce message.'),
  ('attente_trop_longue', 'abandonner', 'Ce message attendait que le prospect réécrive, ce qu''il n''a pas fait en sept jours.'),
  ('compte_inactif', 'abandonner', 'Votre numéro WhatsApp n''est pas connecté, ce message n''est pas parti.'),
  ('injoignable', 'abandonner', 'Ce prospect n''était pas joignable sur WhatsApp et n''a pas réécrit depuis.'),
  ('main_prise', 'abandonner', 'Quelqu''un de l''équipe a pris la conversation en main, cette réponse de l''IA n''est pas partie.'),
  ('code_perime', 'abandonner', 'Ce code de remise ne servait plus : la livraison était terminée, ou recommencée avec un autre code.'),
  ('proposition_passee', 'abandonner', 'Cette proposition n''était plus à prendre : un autre livreur est demandé, ou la course ne se fait plus.'),
  ('desabonne', 'abandonner', 'Ce prospect ne veut plus recevoir de messages publicitaires.'),
  ('resultat_inconnu', 'abandonner', 'WhatsApp n''a pas confirmé ce message ; il n''a peut-être pas été reçu.');

create function prive.suite_code(code text, statut_http integer) returns text
language plpgsql stable security definer set search_path = ''
as $$
begin
  return coalesce(
    (select c.suite from prive.codes_meta as c
     -- 200 to 299 are one family of Meta's: a permission that is not, or no longer, given.
     where c.code = case when suite_code.code ~ '^2[0-9]{2}$' then '200' else suite_code.code end),
    case when statut_http >= 500 or statut_http = 429 then 'reprendre' else 'abandonner' end);
end
$$;
comment on function prive.suite_code(text, integer) is
  'What follows a code (codes_meta.suite). A code nobody knows is tried again when Meta''s HTTP status speaks of its own trouble (5xx, 429), else final. statut_http: null for a status event.';

create function prive.dire_code(code text) returns text
language plpgsql stable strict security definer set search_path = ''
as $$
begin
  return (select c.dit from prive.codes_meta as c where c.code = case when dire_code.code ~ '^2[0-9]{2}$' then '200' else dire_code.code end);
end
$$;
comment on function prive.dire_code(text) is 'The French sentence of a code of messages.code_erreur, for rapport_conversation.raison; null when nobody knows it. It names no vendor.';
grant execute on function prive.dire_code(text) to authenticated;
