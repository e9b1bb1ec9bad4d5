// A shop whose replies Gemini writes, as its simulator was told to: what is scripted, what the prospect gets, what is in the database.
import { dire, messagesRecus } from '../../scripts/platform/prospect.ts';
import { openPlatform, type TestPlatform } from '../helpers/platform.ts';
import { type Article, CHAUSSURES, creerVendeur, loinDeMinuit, type Vendeur } from '../helpers/vendeurs.ts';
import { waitFor } from '../helpers/wait.ts';
import { commander } from '../medias/aide.ts';

export type Appel = { name: string; args?: Record<string, unknown> };
export type Script = Record<string, unknown>;

/** One turn of the model: these calls. */
export const appelle = (...functionCalls: Appel[]): Script => ({ functionCalls });
export const repond = (texte: string, autres: Record<string, unknown> = {}): Script =>
  appelle({ name: 'repondre', args: { texte, certitude: 0.9, ...autres } });

export type BoutiqueGemini = Awaited<ReturnType<typeof ouvrirBoutiqueGemini>>;

let personnes = 0;

export async function ouvrirBoutiqueGemini(env: Record<string, string> = {}) {
  const p: TestPlatform = await openPlatform({
    env: { GEMINI_API_KEY: 'dev-gemini-key', GEMINI_DELAI_MS: '500', GEMINI_BUDGET_MS: '3000', ...env },
  });
  await p.regler('attente_rafale_ms', 0);

  async function vendeur(articles: Article[] = CHAUSSURES): Promise<Vendeur> {
    const v = await creerVendeur(p.sql, { articles });
    await loinDeMinuit(p.sql, v.id);
    await p.sql`insert into prive.quotas_vendeurs values (${v.id}, 100000)`;
    await p.sql`insert into public.zones_livraison (id_utilisateur, nom_zone, communes, frais_livraison, delai_jours)
      values (${v.id}, 'Cocody', 'Cocody, Angré', 1500, 1), (${v.id}, 'Yopougon', 'Yopougon', 2000, 2)`;
    return v;
  }

  return {
    p,
    vendeur,
    scripter: (...reponses: Script[]) => commander(p.geminiUrl, '_reponses', reponses),
    panne: (panne: Script) => commander(p.geminiUrl, '_pannes', panne),
    remettre: () => commander(p.geminiUrl, '_reinitialiser', {}),
    journal: async (): Promise<{ corps: unknown; statut: number }[]> =>
      (await fetch(`${p.geminiUrl}/_journal`)).json(),

    /** Somebody new at this vendor, and everything he gets. */
    prospect(v: Vendeur, nom = 'Aya') {
      personnes += 1;
      const de = `+22506${String(personnes).padStart(8, '0')}`;
      let recus = 0;
      return {
        de,
        /** Says it and waits for what comes, until nothing is on its way any more. */
        async dit(quoi: string | Record<string, unknown>): Promise<string[]> {
          const message = typeof quoi === 'string' ? { texte: quoi } : { message: quoi };
          const { statut } = await dire(p.graphUrl, { de, nom, vers: v.numero, ...message });
          if (statut !== 200) throw new Error(`webhook: ${statut}`);
          const tous = await waitFor(
            `an answer to ${JSON.stringify(quoi)}`,
            async () => {
              const la = await messagesRecus(p.graphUrl, de);
              return la.length > recus && (await calme(p)) && la;
            },
            30_000,
          ).catch((e) => {
            throw new Error(`${e.message}\n${p.journal.slice(-25).join('\n')}`);
          });
          const tard = await messagesRecus(p.graphUrl, de);
          const nouveaux = (tard.length > tous.length ? tard : tous).slice(recus);
          recus += nouveaux.length;
          return nouveaux;
        },
        async modeles(): Promise<string[]> {
          const lignes =
            await p.sql`select m.modele_ia from public.messages as m join public.conversations as c using (id_conversation)
            join public.prospects as x on x.id_prospect = c.id_prospect
            where x.numero_telephone = ${de} and m.direction_message = 'sortant' order by m.id_message`;
          return lignes.map((l) => l.modele_ia);
        },
        commandes: () =>
          p.sql`select k.* from public.commandes as k join public.prospects as x using (id_prospect) where x.numero_telephone = ${de}`,
      };
    },

    async article(
      v: Vendeur,
      nom: string,
      pointure?: string,
    ): Promise<{ id_produit: number; id_variante?: number }> {
      const [a] = await p.sql`select o.id_produit, (select w.id_variante from public.variantes_produit as w
          where w.id_produit = o.id_produit and w.attributs ->> 'pointure' = ${pointure ?? ''}) as id_variante
        from public.produits as o where o.id_utilisateur = ${v.id} and o.nom_produit = ${nom}`;
      return { id_produit: a?.id_produit, ...(a?.id_variante ? { id_variante: a.id_variante } : {}) };
    },
  };
}

/** Nothing is queued: what has not been said by now never will be. */
async function calme(p: TestPlatform): Promise<boolean> {
  const [reste] = await p.sql`
    select (select count(*) from pgmq.q_repondre_prospects) + (select count(*) from pgmq.q_envoyer_messages) as n`;
  return Number(reste?.n) === 0;
}
