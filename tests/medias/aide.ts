// Files of messages in tests: a prospect who sends one, what the database says of it, what lies in the storage.
import { dire } from '../../scripts/platform/prospect.ts';
import type { TestPlatform } from '../helpers/platform.ts';
import type { Vendeur } from '../helpers/vendeurs.ts';
import { waitFor } from '../helpers/wait.ts';

export type Media = {
  id_media: number;
  id_message: number;
  id_conversation: number;
  statut: string;
  genre: string;
  type_mime: string;
  motif: string | null;
  chemin: string | null;
  taille_octets: number | null;
  transcription: string | null;
  nom_fichier: string | null;
};

let suite = 0;
export const nouvelIdentifiant = () => `9${String(++suite).padStart(15, '0')}`;
let personnes = 0;
export const nouvellePersonne = () => `+22502${String(++personnes).padStart(8, '0')}`;

export async function commander(url: string, chemin: string, corps: unknown): Promise<unknown> {
  const reponse = await fetch(`${url}/${chemin}`, { method: 'POST', body: JSON.stringify(corps) });
  if (!reponse.ok) throw new Error(`${chemin}: ${reponse.status} ${await reponse.text()}`);
  return reponse.json();
}

/** A message with a file; the simulated Meta has one of that type under that id, unless `_media` made another before. */
export async function envoyer(
  p: TestPlatform,
  vers: Vendeur,
  genre: string,
  mime_type: string,
  o: { de?: string; id?: string; wamid?: string; plus?: Record<string, unknown> } = {},
): Promise<{ de: string; id: string; wamid: string }> {
  const { de = nouvellePersonne(), id = nouvelIdentifiant(), plus = {} } = o;
  const message = { type: genre, [genre]: { id, mime_type, ...plus }, ...(o.wamid ? { id: o.wamid } : {}) };
  const { wamid, statut } = await dire(p.graphUrl, { de, nom: 'Aya', message, vers: vers.numero });
  if (statut !== 200) throw new Error(`webhook: ${statut}`);
  return { de, id, wamid };
}

export async function mediaDe(p: TestPlatform, id: string): Promise<Media | undefined> {
  const [media] = await p.sql<Media[]>`select * from public.medias where identifiant_media_whatsapp = ${id}`;
  return media;
}

export async function quandStatut(p: TestPlatform, id: string, statut: string): Promise<Media> {
  return waitFor(`media ${id} ${statut}`, async () => {
    const media = await mediaDe(p, id);
    return media?.statut === statut && media;
  }).catch(async (e) => {
    throw new Error(
      `${e.message}: ${JSON.stringify(await mediaDe(p, id))}\n${p.journal.slice(-15).join('\n')}`,
    );
  });
}

export async function fichiersDe(p: TestPlatform, vendeur: Vendeur): Promise<string[]> {
  const objets = await p.sql<{ name: string }[]>`
    select name from storage.objects where bucket_id = 'medias' and name like ${`${vendeur.id}/%`} order by name`;
  return objets.map((o) => o.name);
}

export async function appels(p: TestPlatform, vendeur: Vendeur, service: string): Promise<string[]> {
  const lignes = await p.sql`
    select endpoint_appele || ' ' || coalesce(code_statut::text, '-') as appel from public.utilisation_apis
    where id_utilisateur = ${vendeur.id} and service_api = ${service} order by id_utilisation`;
  return lignes.map((l) => l.appel);
}
