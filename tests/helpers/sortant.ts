// Sending, step by step: a platform whose sender is called by the test, in its own process and with ports it may cut, so that every
// moment between "marked" and "recorded" can be reached. Database, gateway, webhook and Meta's simulator are the real ones.
import { z } from 'zod';
import { creerReleve } from '../../functions/shared/appels.ts';
import { type BaseService, creerBaseService } from '../../functions/shared/base-service.ts';
import { envoyerMessages, type PortsEnvoi } from '../../functions/whatsapp/envoyer-messages.ts';
import { creerClientGraph } from '../../functions/whatsapp/graph.ts';
import { KEYS } from '../../scripts/platform/config.ts';
import { dire, reglerSimulateur } from '../../scripts/platform/prospect.ts';
import { openPlatform, type TestPlatform } from './platform.ts';
import { creerVendeur, type Vendeur } from './vendeurs.ts';
import { waitFor } from './wait.ts';

export type Ligne = {
  id_message: number;
  statut_livraison: string;
  code_erreur: string | null;
  detail_erreur: string | null;
  tentatives_envoi: number;
  type_message: string;
  contenu_message: string;
  charge_utile: Record<string, unknown> | null;
  identifiant_message_whatsapp: string | null;
};

export type Sortant = Awaited<ReturnType<typeof ouvrirSortant>>;

const journal = z.array(
  z.object({ chemin: z.string(), statut: z.number(), corps: z.record(z.string(), z.unknown()).nullable() }),
);

export async function ouvrirSortant(env: Record<string, string> = {}) {
  const p: TestPlatform = await openPlatform({ parts: ['gateway', 'functions', 'graph'], env });
  // Nobody else sends or answers: no worker runs, and the AI waits.
  await p.regler('attente_rafale_ms', 3_600_000);
  await p.regler('attente_rafale_max_ms', 3_600_000);
  const base = creerBaseService(p.apiUrl, KEYS.secret);
  let personnes = 0;

  const ports = (autres: Partial<PortsEnvoi> = {}): PortsEnvoi => {
    const releve = creerReleve(base, () => {});
    return {
      base,
      graph: creerClientGraph({
        url: `${p.graphUrl}/v26.0`,
        delaiMs: 15_000,
        releve,
        maintenant: () => Date.now(),
      }),
      medias: {
        lienSigne: async (chemin) => `${p.apiUrl}/storage/v1/object/sign/medias/${chemin}?token=essai`,
      },
      releve,
      journal: () => {},
      maintenant: () => Date.now(),
      ...autres,
    };
  };

  return {
    p,
    base,
    ports,
    vendeur: (): Promise<Vendeur> => creerVendeur(p.sql, { articles: [] }),

    /** Somebody who has just written: his conversation, its window open. */
    async prospect(v: Vendeur): Promise<{ de: string; conversation: number }> {
      personnes += 1;
      const de = `+22504${String(personnes).padStart(8, '0')}`;
      await dire(p.graphUrl, { de, nom: 'Aya', texte: 'Bonjour', vers: v.numero });
      const [c] =
        await p.sql`select c.id_conversation from public.conversations as c join public.prospects as r using (id_prospect)
        where r.numero_telephone = ${de} and c.id_utilisateur = ${v.id}`;
      return { de, conversation: c?.id_conversation };
    },

    /** A message of the service; returns its id. */
    async ecrire(
      conversation: number,
      contenu = 'Votre commande est prête.',
      o: { type?: string; charge?: object; cle?: string } = {},
    ): Promise<number> {
      const [m] = await p.sql`select service.ecrire_message(${conversation}, ${o.type ?? 'texte'}, ${contenu},
        ${o.charge === undefined ? null : p.sql.json(o.charge as never)}, ${o.cle ?? crypto.randomUUID()}) as id`;
      return m?.id;
    },

    /** Sends all that is due, or all that waits for its next attempt too; with cut ports it dies where they throw. */
    async envoyer(autres: Partial<PortsEnvoi> = {}, aussiPlusTard = false): Promise<void> {
      if (aussiPlusTard) await p.sql`update pgmq.q_envoyer_messages set vt = clock_timestamp()`;
      await envoyerMessages(ports(autres));
    },

    async message(id: number): Promise<Ligne> {
      const [m] = await p.sql<
        Ligne[]
      >`select id_message, statut_livraison, code_erreur, detail_erreur, tentatives_envoi, type_message,
        contenu_message, charge_utile, identifiant_message_whatsapp from public.messages where id_message = ${id}`;
      if (!m) throw new Error(`no message ${id}`);
      return m;
    },

    avis: (v: Vendeur) =>
      p.sql<
        { cle: string; titre: string; contenu: string }[]
      >`select cle_unicite as cle, titre_notification as titre, contenu_notification as contenu
        from public.notifications where id_utilisateur = ${v.id} order by id_notification`,

    /** Bodies of messages that Meta took for a person, oldest first. */
    async recus(de: string): Promise<Record<string, unknown>[]> {
      const lignes = journal.parse(await (await fetch(`${p.graphUrl}/_journal`)).json());
      return lignes.flatMap((l) =>
        l.corps?.to === de && (l.statut === 200 || l.statut === 0) ? [l.corps] : [],
      );
    },

    async journal() {
      return journal.parse(await (await fetch(`${p.graphUrl}/_journal`)).json());
    },

    /** Applies what Meta says of a message, once its first status event has come. */
    async statuts(id: number): Promise<void> {
      await waitFor('a status event of the message', async () => {
        const [e] =
          await p.sql`select from prive.evenements_webhook where encode(corps, 'escape') like ${`%"biz_opaque_callback_data":"${id}.%`}`;
        return e !== undefined;
      });
      await p.sql`select prive.appliquer_en_attente()`;
    },

    panne: (panne: object) =>
      reglerSimulateur(p.graphUrl, '_pannes', { statut: 400, fois: 1, delai_ms: 0, ...panne }),
    regler: (chemin: '_statuts' | '_horloge' | '_reinitialiser' | '_ouvrir', corps: object) =>
      reglerSimulateur(p.graphUrl, chemin, corps),
    fermer: () => p.close(),
  };
}

/** A base that dies at a step: before a call of this rpc, or after it was answered. */
export function baseQuiMeurt(base: BaseService, rpc: string, quand: 'avant' | 'apres'): BaseService {
  return {
    async appeler(nom, parametres, forme) {
      if (nom === rpc && quand === 'avant') throw new Mort();
      const reponse = await base.appeler(nom, parametres, forme);
      if (nom === rpc) throw new Mort();
      return reponse;
    },
  };
}

export class Mort extends Error {
  override readonly name = 'Mort';
}

export async function creerModele(
  p: TestPlatform,
  v: Vendeur,
  o: {
    nom: string;
    texte?: string;
    categorie?: string;
    statut?: string;
    composants?: object[];
    variables?: number;
  },
): Promise<void> {
  const composants = o.composants ?? [
    { type: 'BODY', text: o.texte ?? 'Bonjour {{1}}, votre commande est prête.' },
  ];
  await p.sql`insert into public.modeles_whatsapp (id_utilisateur, identifiant_compte_business, nom_modele, langue, categorie, statut,
      composants, nombre_variables_corps)
    values (${v.id}, ${`2${v.numero.slice(1)}`}, ${o.nom}, 'fr', ${o.categorie ?? 'utility'}, ${o.statut ?? 'approuve'},
      ${p.sql.json(composants as never)}, ${o.variables ?? 1})`;
}

/** The templates of the tests about kinds of messages: plain, marketing, not approved, with a file, named variables and buttons. */
export async function creerModeles(p: TestPlatform, v: Vendeur): Promise<void> {
  await creerModele(p, v, { nom: 'relance' });
  await creerModele(p, v, { nom: 'promo', categorie: 'marketing', texte: 'Soldes !', variables: 0 });
  await creerModele(p, v, { nom: 'en_attente', statut: 'en_attente' });
  await creerModele(p, v, {
    nom: 'facture',
    variables: 2,
    composants: [
      { type: 'HEADER', format: 'DOCUMENT' },
      { type: 'BODY', text: 'Bonjour {{prenom}}, voici {{objet}}. À bientôt {{prenom}} !' },
      {
        type: 'BUTTONS',
        buttons: [
          { type: 'PHONE_NUMBER', text: 'Appeler', phone_number: '+2250700000000' },
          { type: 'URL', text: 'Suivre', url: 'https://example.ci/{{1}}' },
          { type: 'QUICK_REPLY', text: 'Merci' },
        ],
      },
    ],
  });
}

export const boutons = [
  { id: 'oui', titre: 'Oui' },
  { id: 'non', titre: 'Non merci' },
];
export const liste = {
  bouton: 'Choisir',
  sections: [
    { titre: 'Nike', lignes: [{ id: '1', titre: 'Air Max 90', description: '45 000 F' }] },
    { titre: 'Puma', lignes: [{ id: '2', titre: 'Suede' }] },
  ],
};
