// What is asked or said beside the goods themselves: delivery, payment, the shop, an order that was made, trouble.
// Patterns are several words wherever a single one could stand in the name of an article.
import { sansLivres } from './extraits.ts';
import { nettoyer } from './mots.ts';

export { type Avis, lireAvis, ouiMais } from './avis.ts';

export type Question =
  | 'livraison_frais'
  | 'livraison_delai'
  | 'livraison_zone'
  | 'paiement'
  | 'horaires'
  | 'adresse_boutique'
  | 'retour'
  | 'garantie'
  | 'authenticite'
  | 'contact'
  | 'commande_statut'
  | 'commande_annuler'
  | 'commande_modifier'
  | 'recapitulatif'
  | 'total'
  | 'photo'
  | 'retour_stock'
  | 'gros'
  | 'emploi'
  | 'hors_sujet'
  | 'insulte'
  | 'injection'
  | 'plainte'
  | 'humain'
  | 'stop'
  | 'autre_langue';

const COMBIEN =
  '(?:combien|combein|conbien|kombien|cb|cmb|cmbien|quel prix|prix|tarifs?|cout|coute|coutera|gratuit\\w*|payant\\w*)';
const LIVRER = '(?:livr(?:aisons?|er|ez|es|e|eur|erez|era)|transport|expedition|expedi(?:er|ez)|envoi)';
const CHEZ_MOI = '(?:livre[rz]?|livrer) (?:moi|nous|la|le|les|ca)\\b';
const PORTEFEUILLE =
  '(?:orange money|om|wave|mtn|momo|moov|flooz|carte (?:bancaire|visa)|carte|cash|mobile money|especes?|virement|cheques?|liquide)';
const MON_ACHAT =
  '(?:ma commande|mes commandes|mon colis|mes colis|ma livraison|mon livreur|mes articles|mon article|mon paquet|mes chaussures|mes habits)';

const MOTIFS: [Question, RegExp[]][] = [
  [
    'livraison_frais',
    [
      new RegExp(`\\b${LIVRER}\\b[^?]{0,50}\\b${COMBIEN}\\b(?! de (?:temps|jours|heures))`),
      new RegExp(`\\b${COMBIEN}\\b(?! de (?:temps|jours|heures)) [^?]{0,40}\\b${LIVRER}\\b`),
      new RegExp(
        `\\b${LIVRER}\\b[^?]{0,40}\\? (?:et )?(?:c est |c |ca fait |ca coute )?(?:a )?${COMBIEN} ?(?:svp|stp|\\?|$)`,
      ),
      /\bfrais (?:de |d )?(?:la )?(?:livraison|transport|envoi|expedition|port)|\b(?:avec|sans|plus|inclus|compris|comprend) la livraison (?:\w+ ){0,2}(?:compris\w*|inclus\w*|\?)|\blivraison (?:est )?(?:compris|inclus)\w*/,
    ],
  ],
  [
    'livraison_delai',
    [
      new RegExp(
        `\\b(?:quand|delais?|combien de (?:temps|jours|heures)|quel(?:le)? (?:jour|heure|delai)|quelle heure)\\b[^?]{0,40}\\b(?:${LIVRER}|recevoir|recois|recevrai|livree?s?)\\b`,
      ),
      new RegExp(
        `\\b(?:vous|vs|tu|on|la|le|votre) ${LIVRER}\\b[^?]{0,30}\\b(?:quand|delais?|temps|combien de (?:temps|jours)|quelle heure|le (?:jour|soir) meme)\\b`,
      ),
      /\blivr\w+ (?:vous )?(?:le (?:dimanche|samedi|week ?end|jour meme)|aujourd hui|demain|rapide\w*|express|en combien de temps|dans combien de temps|prend combien|quand|quel jour|delai|sous combien)[^?]{0,30}\?|\b(?:delais?|temps) (?:de |d )?(?:la )?livraison|\b(?:vous|vs|tu) (?:pouvez |peux )?(?:me )?livr\w+ (?:\w+ ){0,3}(?:quand|aujourd hui|demain|le (?:dimanche|samedi|week ?end))\b/,
      /\b(?:je|j|on) (?:(?:le|la|les|peux|pourrai|vais|veux|l) )*(?:recois|recevoir|recevrai|aurai|avoir|serai livree?) (?:\w+ ){0,3}(?:quand|quel jour|a quelle heure)|\bquand (?:est ce que )?(?:je|ca|on|j) (?:\w+ ){0,4}(?:recevoir|recois|recevrai|arrive\w*|aurai|livre\w*)|\bca (?:arrive|prend|met|dure|fait) (?:\w+ )?(?:quand|combien de (?:temps|jours))|\bcombien de (?:temps|jours) (?:pour|ca|avant|la|de)\b|\b(?:dans|en|sous) combien de (?:temps|jours)|\bpeu(?:t|x) etre livre\w* (?:\w+ )?(?:aujourd|demain)/,
    ],
  ],
  [
    'livraison_zone',
    [
      /\b(?:vous|vs|v|tu|on|est ce que vous|esk vous) (?:\w+ ){0,3}(?:livrez|livrer|livre|livres|expediez|envoyez)(?! moi| nous| la\b| le\b| les\b| ca\b| quand| en combien| combien| demain| aujourd| gratuit)(?: (?:a|au|aux|sur|vers|en|dans|partout|jusqu\w*|hors|chez|ou|quel\w*|toute?s?)\b| \w+ ?(?:\?|aussi)| ?\?| ?$)/,
      /\b(?:vous|vs|tu|on) (?:pouvez|pouvais|peux|peut|pourrez|pourriez) (?:me |m |nous |l |le |la |les |y )?(?:envoyer|expedier|livrer)(?! (?:\w+ ){0,3}(?:photos?|images?|videos?|catalogue|prix|liste|numeros?|localisation|position|infos?))\b[^?]{0,30}\?/,
      /\blivrez vous\b|\b(?:vous faites|faites vous|vous avez|y a|ya|faites) (?:\w+ ){0,2}livraisons?\b|\blivraison (?:\w+ ){0,2}(?:a|au|aux|sur|en|dans|hors|partout|l interieur|pour)(?: \w+){1,4} ?(?:\?|possible|dispo)|(?<!a la )\blivraison (?:est )?(?:possible|dispo\w*|\?)|\bzones? (?:de |d )?livr|\bou (?:est ce que )?(?:vous )?livrez|\blivr\w+ (?:\w+ ){0,2}(?:partout|a l interieur|hors d abidjan|a l etranger)|\blivr(?:es|ez|er) (?!quand|combien|en combien|demain|aujourd)(?:(?!quand|combien)\w+ ){0,3}\?/,
    ],
  ],
  [
    'paiement',
    [
      /\b(?:comment|coment|cmt) (?:\w+ ){0,4}(?:pai\w*|pay\w*|regl\w+)|\b(?:moyens?|modes?|methodes?|facons?|options?) (?:de |d )?(?:paiements?|paiment|payement|payer|regl\w+)|\b(?:je|on) (?:paie|paye|regle|paierai|payerai) (?:comment|quand|ou|avant|par quoi|a qui|sur quoi)\b|\bpay\w+ comment/,
      new RegExp(
        `\\b(?:acceptez|accepte|acceptes|prenez|avez|utilisez|prends|tu as) (?:vous |les? |l |le paiement |par |la |un numero |un compte |aussi )*${PORTEFEUILLE}\\b`,
      ),
      /\b(?:peut|peux|puis|possible|pouvoir|permet) (?:\w+ ){0,4}(?:payer|regler|paie|paye|paiement)\b|\b(?<!a )(?:payer|regler|paiement|payement) (?:par|avec|via|en|a|au|avant|apres|sur|c est|est) [^?]{0,30}(?:possible|\?|ca marche|c est bon\b)/,
      new RegExp(
        `\\b${PORTEFEUILLE} (?:\\w+ ){0,2}(?:possible|ca marche|c est (?:bon|possible)|passe|aussi) ?\\?|^(?:et )?(?:par )?${PORTEFEUILLE} ?\\?`,
      ),
      /\b(?:faut|dois|doit|fo) (?:\w+ ){0,2}(?:payer|regler) (?:d abord|avant|en avance|tout|une avance|un acompte)|\bpayer (?:avant ou apres|en plusieurs fois|en (?:deux|trois|2|3) fois|a credit|par tranches?)|\b(?:acompte|une avance)\b|\bpaiement (?:a la livraison|avant|apres) ?\?|\bquel numero (?:\w+ ){0,3}(?:depot|transfert|paiement|payer|envoyer l argent)/,
    ],
  ],
  [
    'horaires',
    [
      /\bhoraires?\b|\bheures? (?:d |de )?(?:ouverture|fermeture|service|travail)|\b(?:vous |vs |tu )(?:ouvrez|ouvres|fermez|fermes|bossez|travaillez)\b|\b(?:ouvrez|fermez) vous\b|\b(?:etes|est|c est|sera|serez|etes vous) (?:deja |encore |toujours )?(?:ouverte?s?|fermee?s?)\b|\b(?:ouverte?s?|fermee?s?) (?:le |ce |aujourd|demain|maintenant|quand|tous les|jusqu|de quelle|a quelle|a partir)|\bouverts? ?\?|\b(?:boutique|magasin|shop) (?:ouvre|ferme|est ouvert|est ferme)|\b(?:ouvre|ferme) (?:a |quand|le )|\b(?:jusqu a|a partir de|de) quelle heure (?!.*livr)(?:vous|je peux (?:passer|venir)|la boutique|on peut)|\bvous etes la (?:le |aujourd|demain|maintenant|a quelle)/,
    ],
  ],
  [
    'adresse_boutique',
    [
      /\bvous etes (?:a|sur|dans|au|en) (?!quel|ou\b|la ?\?|facebook|insta|tiktok|whatsapp|snap|jour|combien)\w+(?: \w+)? ?\?|\bon (?:se|peut se) (?:voit|voir|rencontre|retrouve|trouve) ou\b|\b(?:vous|vs) (?:etes|ete|vous trouvez|vous situez)(?: (?:situee?s?|bases?|basee?s?|localises?|installes?))? (?:ou|a quel|dans quel\w*|vers ou|quel quartier|de quel)\b|\bou (?:etes|est|se trouve|se situe|est situee?|vous etes|vous vous|puis je vous|peut on vous|on peut vous|je peux vous|c est chez) ?(?:vous|votre|la boutique|le magasin|situe|trouve|voir|trouvez|le shop|exactement)/,
      /\b(?:boutique|magasin|shop|local|chez vous)(?: (?:est|se trouve|se situe|c est|est situee?|la))* (?:ou\b(?! pas)|a quel|dans quel|de quel|vers ou|quel quartier)|\b(?:adresse|localisation|situation|emplacement|position|geolocalisation) (?:de |du )(?:la |votre |votre )?(?:boutique|magasin|shop)|\b(?:votre|vos|ton) (?:adresse|localisation|emplacement|situation geographique|boutique se|magasin se)|\b(?:vous avez|avez vous|as tu|tu as|ya|y a) (?:une |un |de |des )?(?:boutiques?|magasins?|local|shop|point de vente)\b|\bc (?:est )?ou (?:chez vous|la boutique|votre|le magasin|exactement|ca)|\b(?:situe|trouve|base)e?s? (?:ou|a quel endroit)\b|\b(?:venir|passer) (?:voir |essayer )?(?:\w+ ){0,2}(?:a la|a votre|en|dans votre|au) (?:boutique|magasin)[^?]{0,20}\?/,
    ],
  ],
  [
    'retour',
    [
      /\bsi (?:\w+ ){0,5}(?:va|plait|convient|marche|correspond|rentre|aime) pas|\bsi (?:\w+ ){0,3}(?:est|c est|sont) (?:trop )?(?:petite?s?|grande?s?|serree?s?|large)|\b(?:peut|peux|puis|possible|pouvez|acceptez|faites|prenez) (?:\w+ ){0,4}(?:echang\w+|rendre|retourner|retours?|rembours\w+|essayer)\b|\b(?:politique|conditions?|delai|droit) (?:de |d |des )?(?:retours?|echanges?|remboursement)|\bvous (?:reprenez|echangez|remboursez)|\b(?:echange|retour|remboursement) (?:est |c est )?(?:possible|accepte|gratuit|\?)|\bsatisfaits? ou rembourse|\bessayer avant\b/,
    ],
  ],
  ['garantie', [/\bgaranti(?:e|es|s)?\b|\bservice apres vente\b|\b(?:un|le|du) sav\b/]],
  [
    'authenticite',
    [
      /\b(?:c est|ce sont|cest|c|sont|est ce|elles? (?:sont|est)|ils? (?:sont|est)|sont elles|vos \w+ sont) (?:\w+ ){0,4}(?:original\w*|originaux|authentiques?|vraie?s?|faux|fausses?|copies?|imitations?|contrefacons?|premiere main|1ere main|seconde main|occasion|neufs? ou|fiables?|bonne qualite|quelle qualite)\b|\b(?:originale?s?|originaux|authentiques?) ?(?:\?|ou)|\b(?:original|vraie?) ou (?:\w+ )?(?:copie|faux|fausse|imitation)|\bcontrefacons?\b|\b(?:neuf|neuve) ou (?:\w+ )?occasion|\bquelle (?:est la )?qualite|\bla qualite (?:est|c est|\?)|\bqualite (?:comment|\?)|\bbonne qualite ?\?|\bpas (?:une |un |des |de l |d |de )?(?:arnaques?|escrocs?|voleurs?)\b|\b(?:etes|es|c est) (?:vraiment )?(?:fiables?|serieux) ?\?|\bd origine ?\?/,
    ],
  ],
  [
    'contact',
    [
      /\b(?:votre|vos|ton|le) (?:numero|num|contacts?|whatsapp|tel|telephone|mail|email|facebook|page|instagram|insta|tiktok|site)(?: (?:whatsapp|perso|svp|stp|pour|d appel|de|la|boutique|du|service|vendeur|vous|appeler|joindre|est|c est|quoi|lequel))* ?(?:\?|$)|\bquel (?:est )?(?:votre|le|ton) (?:numero|contact|tel|mail|email)\b|\bcomment (?:\w+ ){0,3}(?:contacter|joindre|appeler)\b|\bun (?:numero|contact) (?:pour|a|ou) (?:\w+ )?(?:appeler|joindre|contacter)|\b(?:avez|etes|as|es|avez vous) (?:vous )?(?:sur |un |une |votre )+(?:facebook|instagram|insta|tiktok|site|page|numero|snap\w*)\b|\bvous avez (?:whatsapp|facebook|instagram|tiktok)\b/,
    ],
  ],
  [
    'commande_statut',
    [
      new RegExp(
        `\\bou (?:en )?(?:est|sont|c est|en est) (?:deja )?(?:${MON_ACHAT}|la commande|le livreur|le colis|la livraison)`,
      ),
      new RegExp(
        `\\b(?:${MON_ACHAT}|la commande|le livreur|le colis) (?:\\w+ ){0,4}(?:ou|quand|comment|niveau|arrive\\w*|en route|en chemin|partie?|expediee?|prete?|livree?)\\b`,
      ),
      new RegExp(
        `\\b(?:suivi|suivre|statut|etat|nouvelles?|numero) (?:de |d )?(?:${MON_ACHAT}|la commande|commande|suivi|colis|cmd)`,
      ),
      /(?<!ecris )(?<!ecrire )\bcmd \d|\b(?:je|on) (?:serai|vais etre|suis|sera) livree? quand|\bquand (?:est ce que )?(?:arrive |vous (?:me )?livrez |je recois )?(?:ma commande|mon colis)|\bquand (?:est ce que )?(?:le livreur|mon livreur)|\bpas (?:encore |toujours )?(?:ete )?(?:recue?|livree?|arrivee?) (?:ma|mon|la|le)?|\btoujours (?:pas|rien) (?:recu|livre|arrive)|\bj ai (?:deja )?(?:commande|paye|passe (?:une )?commande) (?:\w+ ){0,4}(?:hier|depuis|semaine|avant hier|ce matin|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|jours?)\b|\bma commande (?:d hier|de (?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|la semaine|ce matin))/,
    ],
  ],
  [
    'commande_annuler',
    [
      /\bannul\w+ (?:\w+ ){0,2}(?:commande|achat|livraison|tout)\b|\b(?:je |j )(?:veux |voudrais |souhaite |peux |prefere |aimerais )?annule[rz]?(?: tout| ca| svp| stp)*$|^(?!.*\bn annule)(?:\w+ ){0,6}annule[rz]?(?: tout| ca| svp| stp| merci)*$|\b(?:je |j )(?:ne )?(?:veux|prends|souhaite) plus (?:rien|(?:de )?(?:la|ma|cette) commande|commander|acheter)\b|\b(?:ne )?(?:veux|prends) plus(?: svp| merci)?$|\blaisse[rz]? tomber (?:\w+ )?commande|\bplus besoin de (?:la|ma) commande/,
    ],
  ],
  [
    'commande_modifier',
    [
      /\b(?:modifi\w+|changer?z?|corrige[rz]?|rectifie[rz]?) (?:\w+ )?(?:ma|la|mon|le|l|cette|votre|de) ?(?:commande|panier|adresse|taille|pointure|couleur|quantite|livraison|numero|lieu|nom|date|article|paiement)\b|\b(?:peux|veux|voudrais|peut|puis|possible|aimerais) (?:\w+ ){0,2}(?:modifier|changer|rectifier|corriger)\b|^modifier$|\bje me suis trompee?\b|\b(?:y a|ya|il y a|c est) une erreur\b|\bajouter (?:\w+ ){1,4}(?:a|dans|sur) ma commande/,
    ],
  ],
  [
    'recapitulatif',
    [
      /(?<!sans )(?<!sans le )\brecap(?:itul\w+)?\b|\bresume[rz]? (?:\w+ )?commande|\b(?:mon|le) panier\b(?! en)|\b(?:j ai|ai je) (?:deja )?(?:pris|commande|choisi|mis) quoi|\bqu est ce que j ai (?:pris|commande|choisi)|\brappele[rz]? (?:moi )?(?:ma|la) commande|\bma commande c est quoi|\brevoir (?:ma|la) commande|\bdetails? de (?:ma|la) commande/,
    ],
  ],
  [
    'total',
    [
      /\b(?:au|le|prix|montant|cout) total\b|^(?:le )?total\b|\btotal (?:c est|combien|cb|svp|\?)|\b(?:combien|cb|cmb|ca fait|c est) (?:\w+ ){0,3}(?:en tout|au total|tout ensemble|le tout|tout)(?: ?\?|$| avec| livraison)|\b(?:en tout|le tout) (?:\w+ ){0,3}(?:combien|cb|cmb|\?|$)|\bcombien (?:est ce que )?(?:je|dois je|vais je) (?:\w+ )?(?:dois|doit|vais payer|paie|paye|payer|donner)|\bca (?:me |nous )?(?:fait|fera|revient a|revient) (?:combien|cb|cmb)\b(?! (?:la|le|les|l|une?) (?!tout|total))|\bje (?:dois|vais) payer combien|\ba payer combien|\bmontant (?:a payer|exact)/,
    ],
  ],
  [
    'photo',
    [
      /(?<!appareils? )(?<!cadres? )(?<!albums? )(?<!papier )(?<!porte )(?<!imprimante )\b(?:photos?|fotos?|images?|videos?)\b(?! (?:numerique|polaroid))|\bmontre[rz]? (?:moi|nous|la|le|les|ca|un peu)\b|\b(?:faire|faites|fais|fait) (?:moi |nous )?voir\b|\b(?:je |j )?(?:peux|veux|voudrais|aimerais|puis je) (?:la |le |les |bien )?voir(?! (?:le |la |un |votre )?(?:patronn?e?|responsable|gerante?|vendeu\w+|boutique|chef|avec|quelqu))\b|\ba quoi (?:ca|il|elle) ressemble|\b(?:elle|il|c|ca) (?:est )?(?:presente?|ressemble) comment/,
    ],
  ],
  [
    'retour_stock',
    [
      /\b(?:prevene[rz]|previens|averti\w+|informe[rz]?|avise[rz]?|dites|dis|notifie[rz]?|signale[rz]?|faites|fais|ecrive[rz]|appele[rz]|tene[rz])(?: (?:moi|nous|me|signe|savoir|informee?|au courant))+ (?:quand|des que|des qu|lorsque|lorsqu|si|une fois)(?! (?:vous |tu |le livreur |il )?(?:etes|arriv\w+|vene[rz]|livre\w*|est la|serez|partez|quitt\w+))|\bm(?:e)? (?:prevenir|avertir|dire|informer|aviser|notifier|faire signe|ecrire|signaler) (?:quand|des|si|lorsqu\w*|une fois)|\bprevene[rz] moi ?$|\bquand (?:\w+ ){0,5}(?:revien\w+|aurez|aurai|reapprovision\w+|arrivage|sera (?:de nouveau )?(?:dispo\w*|en stock)|de nouveau|a nouveau|restock\w*)|\b(?:prochain|nouvel|autre) arrivages?|\b(?:ca|il|elle|vous) (?:en )?(?:reviennent|revient|reviendra|aurez|rearrive) (?:\w+ )?quand|\breappro\w*|\bretour en stock|\b(?:de nouveau|a nouveau) (?:dispo\w*|en stock)/,
    ],
  ],
  [
    'gros',
    [
      /\b(?:prix|tarifs?|vente|vendez|vends|acheter|achete|achat|achats|prendre|prends|commander|commande|faites|vous faites|detail (?:et|ou)|quantite)(?: \w+){0,4}? (?:en |de )(?:demi )?gros\b(?! (?:sac|carton|bouton))|\bgrossistes?\b|\b(?:pour (?:la )?)?revend(?:re|eurs?|euses?|s)\b|\brevente\b|\bdemi gros\b|\bgrosses? quantites?\b|\bgrande quantite\b|\ben gros(?: ?\?| ?$| ou | c est combien| combien)|\bprix (?:par|du) carton|\bau prix de gros|\bimporta(?:teur|tion)/,
    ],
  ],
  [
    'emploi',
    [
      /\brecrut\w+|\bembauch\w+|\b(?:cherche|recherche|besoin d|trouver|offre d|demande d) ?(?:du |un |de |d )?(?:travail|emploi|boulot|job|stage|djossi|poste)\b|\boffres? d emplois?|\bmon cv\b|\b(?:postuler|candidature)|\bbesoin (?:de |d )(?:un |une |des )?(?:livreurs?|vendeurs?|vendeuses?|commerciaux|commerciale?|employes?)|\bdevenir (?:votre )?(?:livreur|vendeuse|vendeur|commercial)|\btravailler (?:avec|chez|pour) vous/,
    ],
  ],
  ['retour', [/\b(?:pour|faire) un (?:echange|retour)\b/]],
];

const PLAINTE =
  /\b(?:pas|jamais|rien|toujours rien) (?:encore |toujours )?(?:ete )?(?:recue?s?|livree?s?)\b(?! quand)|\b(?:pas|jamais) (?:encore )?arrivee?s?\b|\bj attends? (?:toujours|encore|depuis|ma commande depuis)|\bque j attends?\b|(?<!prix )(?<!jeans? )\b(?:est|etait|sont|arrivee?s?|recue?s?|venue?s?|livree?s?|deja|completement|c est|tout|toute) (?:\w+ )?(?:cassee?s?|abimee?s?|dechiree?s?|defectueu\w+|gatee?s?|trouee?s?|foutue?s?|en panne|decollee?s?)\b|(?<!si (?:\w+ ){0,2})\b(?:article|produit|telephone|tel|portable|appareil|montre|chargeur|ecouteurs?|machine|il|elle|iphone|samsung|ventilateur|mixeur) (?:que \w+ \w+ )?(?:ne )?(?:marche|fonctionne|s allume) (?:pas|plus)\b|\b(?:recue?|achetee?|commandee?|livree?)\b.{0,40}\bca (?:ne )?(?:marche|fonctionne|s allume) (?:pas|plus)\b|\b(?:paye|payee|commande|envoye l argent|depot)\b.{0,40}\b(?:toujours rien|pas de nouvelles?|aucune nouvelle)|\b(?:mauvaise?|pas la bonne|pas le bon|pas la meme|autre) (?:taille|pointure|couleur|article|produit|modele|commande) (?:que|qu on|livre|recu|envoye)|\b(?:pas|different de|rien a voir avec) (?:ce que|celui que|celle que|la photo|l article que|ce qu on)|\b(?:m avez|m a|avez|on m a) (?:livre|envoye|donne) (?:\w+ ){0,3}(?:mauvaise?|faux|fausse|autre|pas|casse)|\bpas (?:\w+ ){0,2}ce que j ai (?:commande|demande|pris|achete)|\b(?:rembourse[rz]? moi|me (?:faire )?rembourse[rz]?|etre remboursee?|rendez (?:moi )?(?:mon|l) argent|mon argent|je veux (?:un |mon )?remboursement|remboursement de ma)|(?<!pas (?:une |un |des |de l |d |de )?)\b(?:arnaqu\w*|escroc\w*|escroquerie)|\b(?:sont|etes|es|bande) (?:des |de |un |une )?(?:grands? |petits? )?vol(?:eurs?|euses?)\b|\bvous m avez (?:vole|trompe|arnaque|eue?)|\b(?:porter |une )plainte|\breclamations?\b|\blitige|\bla police\b|\b(?:mecontente?s?|pas contente?s?|tres decue?s?|suis decue?|honteux|inadmissible|inacceptable|scandaleux)\b(?! ?\?)|\bservice (?:nul|pourri|mauvais)|\b(?:il )?manque (?:\w+ ){1,3}(?:dans|a) (?:ma|la|mon|le) (?:commande|colis)|\b(?:erreur|probleme|souci) (?:\w+ )?(?:dans|sur|avec) (?:ma|mon) (?:commande|colis|livraison|livreur|article|achat)|\blivreur (?:\w+ ){0,4}(?:impoli|malpoli|insulte|pas venu|mal parle|disparu)/;

const HUMAIN =
  /\bnumeros? (?:\w+ )?(?:du|de la|de l|de votre|d un|de ton) (?:responsable|patronn?e?|gerante?|vendeu(?:r|se)|chef|boss|proprietaire|directeur|directrice|commercial|service client)\b|\bparler (?:\w+ )?(?:avec|a) (?:lui|elle)\b|\b(?:parler|parle|discuter|echanger|joindre|contacter|causer|passe[rz]?|transfere[rz]?|mettez|besoin d|besoin de|voir|avoir) (?:\w+ ){0,5}?(?:quelqu un|qqn|qq un|kelkun|humaine?|vraie? personne|une personne|responsable|patronn?e?|gerante?|vendeu(?:r|se)|conseill(?:er|ere)|agent|operat(?:eur|rice)|proprietaire|chef|directeur|directrice|service client)\b|\b(?:un|une) (?:vraie? )?(?:humaine?|etre humain|vraie? personne|vraie? vendeu\w+)\b|\bvraie personne\b|\bservice clients?\b|\b(?:appelez|rappelez|appelle|rappelle|appeler|telephonez|bipez) moi\b(?! (?:avant|quand|des|en arrivant|lorsque|une fois|a l arrivee|si))|\b(?:me|m) (?:rappeler|appeler|rappelez)\b(?! (?:avant|quand|des))|\b(?:quelqu un|qqn|vous|te) (?:avoir )?au (?:telephone|tel)\b|\bon peut s appeler\b|\b(?:puis je|peux|veux|voudrais) (?:vous|t|te) appeler\b|\bil y a (?:quelqu un|une personne) (?:de )?(?:reel|vrai|derriere)|\b(?:parler|repondre) (?:a |par )?(?:un |une )?(?:robot|machine|bot)\b/;

const STOP =
  /^(?:stop|arret|unsubscribe|stop svp|stop stp|stop merci|stopper|desabonnement)$|\bstop (?:promos?|pubs?|publicites?|messages?|sms|whatsapp|msg|spam)\b|\barrete[rz]? (?:de |d |avec )?(?:m |me |nous )?(?:ecrire|envoye[rz]?|contacter|deranger|harceler|spammer|ces (?:messages|pubs|promos)|les (?:messages|pubs|promos)|vos (?:messages|pubs|promos|publicites)|la pub|de m envoyer)|\bdesabonn\w+|\bdesinscri\w+|\bne (?:m |me )(?:ecrive[rz]|envoye[rz]|contacte[rz]|derange[rz]) plus|\b(?:ne )?(?:veux|souhaite|voudrais) (?:plus|pas) (?:recevoir|que vous m ecriv\w+|de (?:vos )?(?:messages|pubs?|promos?|publicites?))|\bplus (?:de |jamais de )(?:messages|pubs?|publicites?)\b|\bretire[rz]? (?:moi|mon numero) de|\bsupprime[rz]? mon numero/;

const INSULTE =
  /\b(?:connards?|connasses?|salopes?|salauds?|encules?|fdp|fils de (?:pute|chien)|batards?|putes?|imbeciles?|cretins?|cretines?|abrutie?s?|debiles?|(?:de la|allez|votre) merde|ta gueule|tg|ferme (?:la|ta)|nique(?:r|s)?|va te faire|allez vous faire|con de|bande de (?:\w+)|espece d(?:e)? (?:idiote?|con|chien|voleur|sale|merde|bete|singe|animal)|sale (?:chien|con|voleur|race|bete|type))\b|\b(?:tu es|t es|vous etes|c est toi le|etes vous) (?:\w+ ){0,3}(?:idiote?s?|betes?|stupides?|cons?|conne|chiens?|voleurs?|nul|nulle|nuls|fous?|folle|incapables?|bandits?|malades?|moutons?|gaous?|gnatas?)\b|\b(?:idiote?|stupide)s? (?:va|la|que tu es)\b/;

const INJECTION =
  /\b(?:ignore[rz]?|oublie[rz]?|neglige|contourne|desactive[rz]?|supprime|efface|outrepasse) (?:\w+ ){0,3}(?:instructions?|consignes?|regles?|directives?|programmation|prompts?|filtres?|restrictions?|limites?)\b|\b(?:ignore|forget|disregard) (?:\w+ ){0,3}(?:instructions?|rules?|prompts?|previous|above)\b|\b(?:tes|tes anciennes|vos|nouvelles|new|previous|system|these) (?:instructions?|consignes|prompts?|directives?)\b|\b(?:system|systeme) prompt|\bprompt (?:systeme|system|initial)|\b(?:tu es|vous etes|you are) (?:maintenant|desormais|now|a present) (?!ouvert|ferme|dispo|la ?\?|ou\b|en\b|a\b|sur\b)\w+|\b(?:a partir de maintenant|desormais|dorenavant) (?:tu|vous|le prix|tous|les prix|chaque)\b|\b(?:agis|agissez|comporte toi|reponds?|fais|faites|joue) (?:comme (?:si|un|une)|semblant|le role)|\b(?:mode|acces) (?:developpeur|admin\w*|debug|dieu|root|maintenance|test)\b|\b(?:developer|admin|debug) mode\b|\bjailbreak|\b(?:affiche|montre|donne|revele|ecris|repete|copie|dis)(?:z|s|r)? (?:moi )?(?:\w+ ){0,3}(?:prompt|consignes|instructions|cle api|api key|mot de passe|code source)\b|\b(?:drop|truncate) table|\bselect \w+ from|\bsudo\b|\b(?:je suis|ici|c est) (?:le |la |l |ton |un |votre )?(?:developpeur|administrat\w+|admin|createur|programmeur|proprietaire de (?:la|cette) boutique|patron de (?:la|cette) boutique)\b|\b(?:donne|montre|envoie|liste|affiche)(?:z|r)? (?:moi )?(?:\w+ ){0,3}(?:numeros?|commandes|adresses|noms|contacts|infos|informations|donnees|telephones?) (?:de |des |d )(?:\w+ ){0,2}(?:clients?|clientes|autres|acheteurs|prospects|personnes|tout le monde)\b|\bautres? clients? (?:\w+ ){0,3}(?:numeros?|adresses?|commandes?)|\b(?:change|modifie|mets|mettez|fixe|baisse|passe|regle)(?:z|r)? (?:\w+ ){0,3}prix (?:\w+ ){0,4}(?:a|en|sur) (?:0|1|5|10|50|100|zero|un)(?: ?(?:f|fcfa|francs?|cfa|xof))?\b|\b(?:vends?|vendez|vendre|facture[rz]?|laisse[rz]?|donne[rz]?)(?: \w+){0,6} (?:a|pour) (?:0|1|5|10|zero|un) ?(?:f|fcfa|francs?|cfa|xof|euros?)\b|\b(?:le |nouveau |les )prix (?:est|sont|c est|vaut) (?:\w+ ){0,2}(?:0|1|5|10|zero) ?(?:f|fcfa|francs?|cfa|xof)\b|\b(?:valide|confirme|enregistre|marque|cree)(?:z|r)? (?:\w+ ){0,4}(?:sans (?:payer|paiement|confirmation)|gratuitement|comme payee?|deja payee?|a (?:0|zero|1) ?(?:f|fcfa)?)\b|\b(?:execute|executez) (?:cette|la|le|ce) (?:commande sql|requete|code|script)|\b(?:tu dois|vous devez) (?:m )?(?:obeir|accepter tout|repondre oui)|\b(?:override|bypass)\b|\b(?:c est moi|je suis) (?:le |la )(?:patronn?e?|gerante?|proprietaire|directeur|directrice) (?:de (?:la|cette|ta|votre) boutique|du magasin|ici)|\bje (?:t|te|vous|l) ?(?:autorise|ordonne)\b|\b(?:prix|total|montant|frais|stock) (?:\w+ ){0,5}(?:est|sont|devient|passe a|passent a) (?:maintenant|desormais|dorenavant)\b|\bset (?:the )?prices?\b|\b(?:confirme|valide|enregistre)[rz]? (?:\w+ ){0,10}sans (?:recap\w*|confirmation|verif\w+|demander)|\becris (?:moi )?cmd\b|\bcommande validee pour (?:0|1)\b/;
const BALISE =
  /<\/?(?:system|assistant|instructions?|admin)|\[(?:system|inst|admin)|^\s*(?:system|assistant|systeme) ?:|#{3} ?(?:system|instruction)|"?role"? ?: ?"?(?:system|assistant)/im;

const HORS_SUJET =
  /\b(?:qui (?:a|va) (?:gagne\w*|remport\w+)|(?:score|resultat) (?:du|de) (?:match|jeu|course)|(?:le|du|un|quel) match (?:de|d|du|hier|ce soir|contre)|(?:tu|vous) (?:as|avez) (?:vu|regarde|suivi) (?:le )?(?:match|film)|coupe (?:du monde|d afrique)|champions league|(?:tu|vous) (?:supportes?|supportez)|joueur de (?:foot|football))\b|\b(?:elections?|politique du|la politique|president de (?:la )?(?:republique|cote)|qui est (?:le )?president|(?:vote|voter|votez) (?:pour|qui)|le gouvernement)\b|\b(?:quel temps|la meteo|il va pleuvoir|il pleut)\b|\b(?:je t aime|je vous aime|tu es (?:tres |trop )?(?:belle|mignonne?|jolie|sexy|celibataire)|epouse moi|marie toi|marions nous|veux tu m epouser|(?:tu as|as tu) un (?:copain|mari|gars|petit ami)|sortir avec (?:toi|moi)|ton age|tu as quel age|on peut faire connaissance|mon amour|ma cherie d amour)\b|\b(?:raconte|dis)(?: moi|z moi)? (?:une )?(?:blague|histoire drole)|\b(?:ecris|fais|redige)(?: moi|z moi)? (?:un |une |mon |ma )(?:poeme|dissertation|chanson|redaction|lettre|devoir|expose|rap|code)|\b(?:recette (?:de|du|pour)|capitale (?:de|du)|traduis|resous|equation|(?:devoirs?|exercices?|probleme) de (?:maths?|francais|physique|anglais))\b|\bgagne[rz]? (?:de l argent|de l oseille|\d)\b|\b(?:combien font|calcule) \d|\b(?:1xbet|betclic|le loto|pari sportif|paris sportifs|coupon gagnant|prono\w*)\b|\b(?:prete|pretez|donne|envoie|envoyez)(?:r)? moi (?:de l argent|\w+ francs|du credit|du pass|des unites|un peu d argent)|\b(?:crois|croyez) (?:tu |vous )?en dieu\b|\bquelle heure est il\b|\bque penses? tu (?:de|du)\b|\b(?:tu penses quoi|vous pensez quoi) (?:de|du)\b/;

const AILLEURS = {
  anglais:
    'how much is the are you do does have want i need price what where when can please deliver shoes this that for my order available thanks thank good morning afternoon hi hello size buy dress shirt bag there your it me to in and like would delivery cost get which black red white blue open pay',
  espagnol:
    'hola cuanto cuesta quiero comprar tiene tienes precio zapatos gracias buenos dias por favor el la los talla envio donde',
  portugais: 'ola quanto custa quero comprar voce tem obrigado bom dia sapatos preco tamanho',
  dioula: 'ni sogoma wula joli ye le fe san ka bi be ani ce n a i',
};
const FRANCAIS =
  /\b(?:je|j|vous|vs|tu|il|elle|nous|combien|cmb|cb|est|c|les?|une?|des|du|de|et|pour|avec|bonjour|bjr|bsr|slt|salut|svp|stp|merci|oui|non|ou|quel\w*|prends?|veux|livr\w+|taille|pointure|prix|dispo\w*|commande|chaussures?|robe|sac|ok)\b/;

/** Mostly the little words of another language, and none of ours. */
function estAutreLangue(phrase: string, brut: string): boolean {
  if (
    /[\p{Script=Arabic}\p{Script=Cyrillic}\p{Script=Han}\p{Script=Hebrew}\p{Script=Devanagari}]{2}/u.test(
      brut,
    )
  )
    return true;
  const mots = phrase.split(' ').filter((mot) => /^[a-z]+$/.test(mot));
  if (mots.length < 2) return false;
  const francais = mots.filter((mot) => FRANCAIS.test(mot)).length;
  return Object.entries(AILLEURS).some(([langue, liste]) => {
    const connus = new Set(liste.split(' '));
    const dits = mots.filter((mot) => connus.has(mot));
    const assez = langue === 'dioula' ? dits.length >= 3 : dits.length >= 2;
    return assez && new Set(dits).size >= 2 && dits.length * 2 >= mots.length && francais * 3 < dits.length;
  });
}

/** "tu es un robot ou une vraie personne ?" asks who is there, not for somebody else. */
const QUI_EST_LA =
  /\b(?:tu es|t es|es tu|vous etes|etes vous|c est|est ce|suis je|je parle|on parle|parle t on|il y a|y a|ya)\b[^?]*\b(?:robot|machine|bot|ia|humaine?|vraie? personne|quelqu un)\b/;
const DEMANDE =
  /\b(?:veux|voudrais|peux|puis|souhaite|prefere|besoin|passe[rz]?|mettez|transfere[rz]?|appele[rz]?|rappele[rz]?|appelle|donne[rz]?)\b/;

/** Words and question marks, nothing else. */
function phraseDe(message: string): string {
  return nettoyer(message)
    .toLowerCase()
    .replace(/[^a-z0-9?]+/g, ' ')
    .replace(/ ?\?+ ?/g, ' ? ')
    .replace(/ +/g, ' ')
    .trim();
}

/** Everything that these messages ask or say beside naming goods; a sentence may be cut between two messages. */
export function lireQuestions(messages: string[]): ReadonlySet<Question> {
  const derniers = messages.slice(-20);
  const phrases = derniers.map((m) => sansLivres(phraseDe(m)));
  const lues = new Set<Question>();
  for (const phrase of new Set([...phrases, phrases.join(' ').slice(-4000)])) {
    for (const [question, motifs] of MOTIFS)
      if (motifs.some((motif) => motif.test(phrase))) lues.add(question);
    if (PLAINTE.test(phrase)) lues.add('plainte');
    if (HUMAIN.test(phrase) && (!QUI_EST_LA.test(phrase) || DEMANDE.test(phrase))) lues.add('humain');
    if (STOP.test(phrase)) lues.add('stop');
    if (INSULTE.test(phrase)) lues.add('insulte');
    if (INJECTION.test(phrase)) lues.add('injection');
    if (HORS_SUJET.test(phrase)) lues.add('hors_sujet');
  }
  if (phrases.some((p) => /\bsi (?:je|j|on) (?:commande|prends?|achete|valide)/.test(p)))
    lues.delete('commande_statut');
  const brut = derniers.join('\n').slice(0, 4096);
  if (BALISE.test(brut)) lues.add('injection');
  if (estAutreLangue(phrases.join(' '), brut)) lues.add('autre_langue');
  // "livrez-moi demain" asks nothing.
  if (phrases.every((p) => !p.includes('?')) && phrases.some((p) => new RegExp(CHEZ_MOI).test(p))) {
    lues.delete('livraison_zone');
    if (!phrases.some((p) => /\bquand\b|\bcombien de\b|\bdelai/.test(p))) lues.delete('livraison_delai');
  }
  return lues;
}
