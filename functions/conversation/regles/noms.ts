// Tells a person's name from everything else that may stand after "c'est" or alone on a line.
import { normaliser } from './mots.ts';
import { estMarchandise } from './synonymes.ts';

/** Names one meets every day in Abidjan: enough to trust "c'est awa" without a capital. */
const COURANTS = new Set(
  `awa aminata fatou fatoumata mariam mariame aicha adjoua amenan affoue akissi ahou aya amoin amani adama aboubacar abdoulaye
  ali aliou alassane amadou arouna bakary bakayoko bamba ben berte bintou blandine brou camara cedric celestin cheick christelle
  christian cisse clarisse coulibaly dagnogo dembele diabate diallo diarra diarrassouba didier diomande djeneba dje doumbia dosso
  drissa ebrottie edith edwige ehui eric estelle esther eugenie fanta fofana franck gnagne gueu guei gohou hamed hawa ibrahim
  ibrahima issa issouf jean jonathan joel josiane kader kadidia kacou kassi keita kobenan koffi konan kone konate koua kouadio
  kouakou kouame kouassi koudou kra laure lassina linda mamadou maimouna marie marc mariama matenin michel mohamed moussa moise
  myriam nadege nadia naomi n'guessan nguessan n'dri ndri n'da ngoran nabintou oumar oumou ousmane ouattara patrick paul pierre
  prisca rachel raissa rokia rokiatou rosine sali salif salimata sanogo sangare sarah sekou serge seydou sidibe silue soro
  soumahoro souleymane stephane stephanie sylla sylvie tano tanoh tape tiemoko toure traore tra bi vincent yacouba yao yapi yapo
  yasmine yeo yves zadi zie zoumana emmanuel daniel david grace ange junior olivier pascal herve carine corine ines carole`
    .split(/\s+/)
    .map((nom) => normaliser(nom).replace(/ /g, '')),
);

/** Words of every sentence; one of them makes a bare answer something else than a name. */
const PAS_UN_NOM = new Set(
  `a ah ai aide alors annule annuler apres appelez article arrive assez attends attendez au aujourd aujourdhui aussi autre aux avant
  avec avez avoir beaucoup bien bientot bjr bon bonne bonjour bonsoir boutique bsr c ca cadeau carte cash cb ce cela celle celui cest
  cette chef cher chere chez cmb combien comme comment commande compris confirme confirmer cool correct couleur d dac daccord accord
  dans de deja demain depeche depuis des desole deux devant derriere dis disponible dispo dit donc donne donnez dommage du elle en
  encore est et etre exact exactement fait faire faites fatigue faux fini fois g gentil gratuit grand hein hello hier ici il ils
  interesse interessant ja je jamais jolie joli jour juste koi la laisse laissez le les leur livraison livrez livreur loin lui ma
  madame mademoiselle maintenant mais maman maison mal mauvais me meme merci mes mieux minute moi moins mon monsieur moyen n ne nn nom
  non normal note nous nouveau numero o ok okay on ou oui ouais par parce pardon pareil parfait pas patron payer petit peu peut peux
  plus plutot possible pour pourquoi prends prendre pressé presse prix probleme pro puis qu quand quartier que quel quelle question
  qui quoi reel recu reste rien rouge noir blanc bleu vert s sa salut sans sera serieux si slt souci stp sur svp suis super sur
  t ta taille te telephone tel termine toi ton tonton tous tout toute trop tu un une urgent utile va vais valide validé vas vends
  veux vers viens vite voici voila vos votre vous voulez vrai vraiment vu wave y ya yes orange momo mtn espece especes liquide
  boss jhabite jabite habite abite reste vis loge frere grande soeur tantie vieux vieille mere pere type gars belle beau celui cool dja gbe dedans dehors`
    .split(/\s+/)
    .map(normaliser),
);

const CIVILITE = /^(?:m|mr|mme|mlle|monsieur|madame|mademoiselle|dr|tantie|tonton|el|hadj|ben)$/;

export function motsDeNom(texte: string): string[] {
  return normaliser(texte.replace(/['’]/g, '').replace(/-/g, ' '))
    .split(' ')
    .filter((mot) => mot !== '');
}

export function estNomCourant(mot: string): boolean {
  return COURANTS.has(mot);
}

/** Could be somebody: letters, one to five words, none of them of an ordinary sentence, no goods. */
export function ressembleANom(texte: string): boolean {
  const mots = motsDeNom(texte);
  const propres = mots.filter((mot) => !CIVILITE.test(mot));
  return (
    propres.length >= 1 &&
    mots.length <= 5 &&
    propres.every((mot) => /^[a-z]+$/.test(mot) && !PAS_UN_NOM.has(mot)) &&
    propres.some((mot) => mot.length >= 2) &&
    !propres.some((mot) => estMarchandise(mot) && !COURANTS.has(mot))
  );
}

/** Certainly somebody: one of its words is a name of every day. */
export function estNomConnu(texte: string): boolean {
  return ressembleANom(texte) && motsDeNom(texte).some((mot) => COURANTS.has(mot));
}

/** The words of a name at the beginning of a text, and where they end. */
export function debutDeNom(plat: string): number {
  let fin = 0;
  let mots = 0;
  for (const lu of plat.matchAll(/ *([a-z]+)/gy)) {
    const mot = lu[1] ?? '';
    const prefixe = /^[nd]$/.test(mot) && /^ [a-z]{2}/.test(plat.slice(lu.index + lu[0].length));
    if (!CIVILITE.test(mot) && !prefixe && PAS_UN_NOM.has(mot)) break;
    if (estMarchandise(mot) && !COURANTS.has(mot)) break;
    fin = lu.index + lu[0].length;
    mots += 1;
    if (mots === 5) break;
  }
  return fin;
}
