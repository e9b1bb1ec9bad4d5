// `npm run eval`: plays the evaluation set (tests/eval) against an engine on a real database, and prints what came out.
//   --fichier x.jsonl (repeatable: instead of the built-in set), --graine n, --moteur regles|gemini|simulateur, --categorie c
//   (repeatable), --dialogue id (repeatable), --detail (transcripts of what went wrong), --tout (all transcripts)
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import postgres from 'postgres';
import { butsManques, enDetail, enTableau, faireBilan } from '../tests/eval/bilan.ts';
import { type Dialogue, ErreurFormat, lireFichier } from '../tests/eval/format.ts';
import { graineDuJour } from '../tests/eval/hasard.ts';
import { jouer } from '../tests/eval/joueur.ts';
import { MOTEURS, type NomMoteur, ouvrirMoteur } from '../tests/eval/moteurs.ts';
import { withMigratedDatabase } from './migrated-database.ts';
import { ROOT } from './platform/config.ts';

const ENSEMBLE = join(ROOT, 'tests/eval');
const connexion = {
  onnotice: () => {},
  types: { bigint: { to: 20, from: [20], serialize: String, parse: Number } },
};

async function main(): Promise<number> {
  const { values: o } = parseArgs({
    options: {
      fichier: { type: 'string', multiple: true },
      graine: { type: 'string' },
      moteur: { type: 'string' },
      categorie: { type: 'string', multiple: true },
      dialogue: { type: 'string', multiple: true },
      detail: { type: 'boolean', default: false },
      tout: { type: 'boolean', default: false },
    },
  });
  const graine = graineDuJour(o.graine ?? process.env.GRAINE);
  const nom = moteurDemande(o.moteur);
  const fichiers = o.fichier?.map((f) => resolve(f)) ?? fichiersDeLEnsemble();
  const dialogues = fichiers
    .flatMap((f) => lireFichier(f, graine))
    .filter((d) => !o.categorie || o.categorie.includes(d.categorie))
    .filter((d) => !o.dialogue || o.dialogue.includes(d.id));
  if (dialogues.length === 0) throw new ErreurFormat('Aucun dialogue à jouer.');
  console.log(`${dialogues.length} dialogues, moteur « ${nom} », graine ${graine}…\n`);
  const debut = performance.now();
  const resultats = await jouerSurUneBase(dialogues, nom, graine);
  const bilan = faireBilan(resultats);
  for (const r of resultats) {
    if (o.tout || (o.detail && r.fautes.length > 0)) console.log(`${enDetail(r)}\n`);
    else if (r.fautes.length > 0)
      console.log(`✗ ${r.dialogue.id} : ${r.fautes.map((f) => f.texte).join(' ; ')}`);
  }
  const modeles = [...new Set(resultats.flatMap((r) => [...r.modeles]))].sort();
  console.log(`\n${enTableau(bilan)}\n`);
  console.log(
    `moteur ${modeles.join(', ') || nom}, graine ${graine}, ${((performance.now() - debut) / 1000).toFixed(0)} s`,
  );
  const propre = o.fichier === undefined && o.categorie === undefined && o.dialogue === undefined;
  const manques = propre && nom === 'regles' ? butsManques(bilan) : [];
  for (const m of manques) console.log(`✗ ${m}`);
  return manques.length > 0 || bilan.total.commandesFausses > 0 ? 1 : 0;
}

function moteurDemande(dit: string | undefined): NomMoteur {
  const nom = dit ?? (process.env.GEMINI_API_KEY ? 'gemini' : 'regles');
  const connu = MOTEURS.find((m) => m === nom);
  if (connu === undefined) throw new ErreurFormat(`--moteur : ${MOTEURS.join(', ')}`);
  return connu;
}

const fichiersDeLEnsemble = () =>
  readdirSync(ENSEMBLE)
    .filter((f) => f.endsWith('.jsonl'))
    .sort()
    .map((f) => join(ENSEMBLE, f));

function jouerSurUneBase(dialogues: Dialogue[], nom: NomMoteur, graine: number) {
  return withMigratedDatabase(async (url) => {
    const moteur = await ouvrirMoteur(nom);
    const admin = new URL(url);
    admin.username = 'supabase_admin';
    const sql = postgres(admin.href, { ...connexion, max: 6 });
    try {
      return await jouer(dialogues, { sql, modele: moteur.modele, graine, journal: console.error });
    } finally {
      await Promise.all([moteur.fermer(), sql.end({ timeout: 1 })]);
    }
  });
}

try {
  process.exitCode = await main();
} catch (erreur) {
  const code = erreur instanceof Error && 'code' in erreur ? String(erreur.code) : '';
  const sienne = erreur instanceof ErreurFormat || /^(ENOENT|EISDIR|EACCES|ERR_PARSE_ARGS_.*)$/.test(code);
  console.error(sienne && erreur instanceof Error ? erreur.message : erreur);
  process.exitCode = 2;
}
