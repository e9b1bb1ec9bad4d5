// Functions that a web page calls: which origins may, told as browsers ask (CORS). Nobody is let in by this who is not let in
// otherwise; a page of another origin only does not get to read the answer.
import { erreurFlux, reponseErreur } from './erreurs.ts';

/** What supabase-js sends. */
const ENTETES = 'authorization, apikey, content-type, x-client-info, x-region';

export async function avecOrigines(
  requete: Request,
  origines: readonly string[],
  traiter: () => Promise<Response>,
): Promise<Response> {
  const origine = requete.headers.get('origin');
  const permise = origine !== null && (origines.includes('*') || origines.includes(origine));
  const entetes: Record<string, string> = { vary: 'Origin' };
  if (permise) entetes['access-control-allow-origin'] = origine;
  if (requete.method === 'OPTIONS') {
    if (!permise)
      return reponseErreur(erreurFlux(403, 'origine_refusee', 'Cette page ne peut pas appeler FluxAsync.'));
    entetes['access-control-allow-methods'] = 'POST, OPTIONS';
    entetes['access-control-allow-headers'] = ENTETES;
    entetes['access-control-max-age'] = '3600';
    return new Response(null, { status: 204, headers: entetes });
  }
  const reponse = await traiter();
  for (const [nom, valeur] of Object.entries(entetes)) reponse.headers.set(nom, valeur);
  return reponse;
}
