// After the order: where it is, calling it off, changing it; and orders there are none of.
import type { CommandeLue } from '../modele-ia.ts';
import { toutAnnuler } from './commande.ts';
import { boutons } from './interactif.ts';
import { PHRASES } from './phrases.ts';
import * as vente from './phrases-vente.ts';
import { CONFIANCE, type Decision, passer, repondre } from './reponse.ts';
import { demandeSur, devise, dit, type Situation } from './situation.ts';

const ABANDON =
  /\b(?:annule[rz]? (?:tout|la commande|ma commande|mon panier)|laisse[rz]? (?:tout )?tomber|(?:j en|je n en|n en|en) (?:veux|prends) plus|(?:veux|prends) plus rien|plus interessee?|change d avis|vide[rz]? (?:le|mon) panier)\b/;

/** Answers about orders that were made, and giving up; null when it is about something else. */
export async function repondreSurLesCommandes(s: Situation): Promise<Decision | null> {
  const { lu, avant, outils, contexte } = s;
  const panier = outils.panier();
  if (lu.choisi?.quoi === 'annuler') return annuler(s, lu.choisi.commande);
  if (lu.choisi?.quoi === 'annuler_panier') return panier.lignes.length > 0 ? toutAnnuler(s) : null;
  if (avant.question?.sur === 'annuler') {
    if (lu.avis === 'oui' || (demandeSur(s, 'commande_annuler') && lu.avis !== 'non'))
      return annuler(s, avant.question.commande);
    if (lu.avis === 'non' || lu.choisi?.quoi === 'non')
      return repondre(s, "D'accord, votre commande reste comme elle est.");
  }
  // "si je commande maintenant, je suis livré quand ?" has ordered nothing yet.
  if (/\bsi (?:je|j|on) /.test(lu.phrase)) return null;
  const abandonne = ABANDON.test(lu.phrase.replace(/[?|]/g, ' ').replace(/ +/g, ' '));
  if (panier.lignes.length > 0) {
    const retire = s.sujet.origine === 'nomme';
    if ((demandeSur(s, 'commande_annuler') || abandonne) && !retire) return toutAnnuler(s);
    if (demandeSur(s, 'commande_statut') && contexte.etape !== 'confirmee') return null;
  } else {
    if (abandonne && avant.produit !== null && contexte.etape !== 'confirmee') return toutAnnuler(s);
    if (demandeSur(s, 'commande_annuler')) return demanderAnnulation(s);
    const commandes =
      commandeRecente(s) || demandeSur(s, 'commande_statut') ? await outils.lireCommandes() : [];
    if (demandeSur(s, 'commande_modifier') && commandes.some(enCours))
      return passer(s, `veut changer sa commande ${commandes.find(enCours)?.numero_commande ?? ''}`);
    if (demandeSur(s, 'commande_statut')) return direEtat(s, commandes);
    const [derniere] = commandes;
    if (derniere && avant.question === null && commandeRecente(s)) {
      const demande =
        demandeSur(s, 'livraison_delai') || demandeSur(s, 'total') || demandeSur(s, 'recapitulatif');
      if (demande && s.sujet.origine !== 'nomme') return repondre(s, vente.etatCommande(derniere, devise(s)));
      if (
        lu.avis === 'oui' &&
        !dit(s, 'merci') &&
        (lu.faits.intentions.has('oui') || dit(s, 'achat')) &&
        derniere.statut_commande !== 'annulee'
      )
        return repondre(
          s,
          `Votre commande ${derniere.numero_commande} est déjà enregistrée, vous n'avez plus rien à faire. Merci !`,
        );
    }
  }
  if (demandeSur(s, 'commande_statut')) return direEtat(s, await outils.lireCommandes());
  return null;
}

/** The talk is still about the order that was just made. */
function commandeRecente(s: Situation): boolean {
  return (
    s.contexte.etape === 'confirmee' ||
    demandeSur(s, 'commande_modifier') ||
    s.lu.choisi?.quoi === 'confirmer'
  );
}

function enCours(c: CommandeLue): boolean {
  return !/^(?:annulee|livree|echec)$/.test(c.statut_commande);
}

function direEtat(s: Situation, commandes: CommandeLue[]): Decision {
  const actives = commandes.filter(enCours);
  const dites = (actives.length > 0 ? actives : commandes).slice(0, 2);
  if (dites.length === 0)
    return repondre(
      s,
      'Je ne trouve pas de commande à votre nom ici. Si vous avez commandé avec un autre numéro, dites-le-moi et je demande à un collègue.',
      CONFIANCE.choix,
      boutons({ id: 'humain', titre: 'Un collègue' }),
    );
  return repondre(s, dites.map((c) => vente.etatCommande(c, devise(s))).join('\n'));
}

async function demanderAnnulation(s: Situation): Promise<Decision> {
  const commandes = await s.outils.lireCommandes();
  const annulable = commandes.find((c) => c.annulable);
  if (annulable) {
    s.memoire.question = { sur: 'annuler', commande: annulable.id_commande };
    return repondre(
      s,
      `Voulez-vous vraiment annuler la commande ${annulable.numero_commande} ?`,
      CONFIANCE.sure,
      boutons(
        { id: `annuler:${annulable.id_commande}`, titre: 'Oui, annuler' },
        { id: 'non', titre: 'Non, la garder' },
      ),
    );
  }
  const active = commandes.find(enCours);
  if (active)
    return passer(s, `veut annuler la commande ${active.numero_commande}, déjà en route ou en préparation`);
  const [derniere] = commandes;
  if (derniere?.statut_commande === 'annulee')
    return repondre(s, `Votre commande ${derniere.numero_commande} est déjà annulée.`);
  return repondre(s, `Vous n'avez pas de commande en cours, rien n'est à annuler. ${PHRASES.autre}`);
}

async function annuler(s: Situation, id: number): Promise<Decision> {
  const commande = (await s.outils.lireCommandes()).find((c) => c.id_commande === id);
  if (!commande) return repondre(s, "Vous n'avez pas de commande en cours.");
  if (commande.statut_commande === 'annulee')
    return repondre(s, `Votre commande ${commande.numero_commande} est déjà annulée.`);
  const { refus } = await s.outils.annulerCommande(id);
  if (refus !== null)
    return passer(s, `veut annuler la commande ${commande.numero_commande}, ce qui n'est plus possible seul`);
  return repondre(s, `C'est fait : votre commande ${commande.numero_commande} est annulée. ${PHRASES.autre}`);
}
