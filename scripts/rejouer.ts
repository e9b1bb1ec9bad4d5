// `npm run rejouer`: what failed for good, events of Meta and dead letters, listed or done again. The rules are the database's
// (prive.rejouer_evenement, prive.rejouer_lettre); nothing of what people wrote is shown.
import { parseArgs } from 'node:util';
import postgres from 'postgres';
import { portBase, portsFrom } from './platform/config.ts';

const AIDE = `npm run rejouer                           la liste
npm run rejouer -- --evenement <id>|tous  applique à nouveau un événement de Meta
npm run rejouer -- --lettre <id>|toutes   refait un travail abandonné
La base : DATABASE_URL, sinon celle de « npm start ». Codes de sortie : 0 tout est fait, 1 quelque chose a été refusé, 2 mauvaise demande.`;

const MONTRES = 100;

type Ligne = Record<string, string | number | null>;
type Issue = { id: number; dit: string; bon: boolean };

class MauvaiseDemande extends Error {}

function lireDemande(): { evenement?: number | 'tous'; lettre?: number | 'toutes'; aide: boolean } {
  const texte = { type: 'string', multiple: false } as const;
  let values: { evenement?: string; lettre?: string; aide?: boolean };
  try {
    ({ values } = parseArgs({ options: { evenement: texte, lettre: texte, aide: { type: 'boolean' } } }));
  } catch (erreur) {
    throw new MauvaiseDemande((erreur as Error).message);
  }
  const lire = <T extends string>(donne: string | undefined, tout: T): number | T | undefined => {
    if (donne === undefined || donne === tout) return donne as T | undefined;
    if (/^[0-9]{1,18}$/.test(donne)) return Number(donne);
    throw new MauvaiseDemande(`« ${donne} » n'est ni un numéro ni « ${tout} ».`);
  };
  const evenement = lire(values.evenement, 'tous');
  const lettre = lire(values.lettre, 'toutes');
  return {
    ...(evenement === undefined ? {} : { evenement }),
    ...(lettre === undefined ? {} : { lettre }),
    aide: values.aide ?? false,
  };
}

/** Errors of Postgres quote what they stumbled over, and that may be a person's words or number. */
const SANS_CONTENU = (erreur: string) =>
  `left(regexp_replace(regexp_replace(${erreur}, '"[^"]*"', '"…"', 'g'), '[0-9]{6,}', '…', 'g'), 120)`;

async function lister(sql: postgres.Sql): Promise<void> {
  const evenements = await sql.unsafe<Ligne[]>(`
    select id::text as "id", to_char(recu_le, 'YYYY-MM-DD HH24:MI') as "depuis", etat as "état", tentatives as "essais",
      octet_length(corps) as "octets", coalesce(to_char(prochaine_tentative, 'HH24:MI'), 'jamais') as "prochain essai",
      ${SANS_CONTENU('erreur')} as "erreur", count(*) over () as total
    from prive.evenements_webhook where etat in ('partiel', 'echec') order by id desc limit ${MONTRES}`);
  const lettres = await sql.unsafe<Ligne[]>(`
    select id::text as "id", to_char(le, 'YYYY-MM-DD HH24:MI') as "le", file as "file", tentatives as "essais",
      ${SANS_CONTENU('erreur')} as "erreur", count(*) over () as total
    from prive.lettres_mortes order by id desc limit ${MONTRES}`);
  montrer('Événements de Meta en échec', evenements);
  montrer('Lettres mortes', lettres);
}

function montrer(titre: string, lignes: Ligne[]): void {
  const total = Number(lignes[0]?.total ?? 0);
  console.log(`${titre} : ${total}${total > lignes.length ? ` (les ${lignes.length} derniers)` : ''}`);
  const table = lignes.map(({ total: _, ...ligne }) =>
    Object.fromEntries(Object.entries(ligne).map(([nom, valeur]) => [nom, String(valeur ?? '')])),
  );
  const colonnes = Object.keys(table[0] ?? {});
  const largeurs = colonnes.map((c) => Math.max(c.length, ...table.map((ligne) => ligne[c]?.length ?? 0)));
  const rang = (cellules: string[]) =>
    `  ${cellules
      .map((texte, i) => texte.padEnd(largeurs[i] ?? 0))
      .join('  ')
      .trimEnd()}`;
  if (table.length > 0) console.log(rang(colonnes));
  for (const ligne of table) console.log(rang(colonnes.map((c) => ligne[c] ?? '')));
}

async function rejouer(
  sql: postgres.Sql,
  quoi: { table: string; fonction: string; nom: string; condition: string },
  lequel: number | string,
): Promise<boolean> {
  const ids =
    typeof lequel === 'number'
      ? [lequel]
      : (
          await sql.unsafe<{ id: string }[]>(
            `select id::text from ${quoi.table} where ${quoi.condition} order by id`,
          )
        ).map(({ id }) => Number(id));
  const issues: Issue[] = [];
  // One by one, each its own transaction: one that is refused holds back no other.
  for (const id of ids) {
    try {
      const [r] = await sql.unsafe<{ issue: { etat?: string; file?: string } }[]>(
        `select ${quoi.fonction}($1) as issue`,
        [id],
      );
      const etat = r?.issue.etat ?? 'remise';
      issues.push({
        id,
        dit: r?.issue.file ? `${etat} (${r.issue.file})` : etat,
        bon: etat !== 'echec' && etat !== 'partiel',
      });
    } catch (erreur) {
      if (!(erreur instanceof postgres.PostgresError)) throw erreur;
      const refuse = erreur.code === 'P0001' ? erreur.message : `${erreur.code} : réessayez`;
      issues.push({ id, dit: `refusé : ${refuse}`, bon: false });
    }
  }
  for (const { id, dit } of issues) console.log(`${quoi.nom} ${id} : ${dit}`);
  if (issues.length === 0) console.log(`${quoi.nom} : rien à rejouer.`);
  return issues.every(({ bon }) => bon);
}

async function main(): Promise<number> {
  const demande = lireDemande();
  if (demande.aide) {
    console.log(AIDE);
    return 0;
  }
  const url =
    process.env.DATABASE_URL ||
    `postgresql://postgres:postgres@127.0.0.1:${portsFrom(portBase()).db}/postgres`;
  const sql = postgres(url, { max: 1, onnotice: () => {}, connect_timeout: 10 });
  try {
    if (demande.evenement === undefined && demande.lettre === undefined) {
      await lister(sql);
      return 0;
    }
    let bon = true;
    if (demande.evenement !== undefined) {
      const quoi = {
        table: 'prive.evenements_webhook',
        fonction: 'prive.rejouer_evenement',
        nom: 'événement',
        condition: "etat in ('partiel', 'echec')",
      };
      bon = await rejouer(sql, quoi, demande.evenement);
    }
    if (demande.lettre !== undefined) {
      const quoi = {
        table: 'prive.lettres_mortes',
        fonction: 'prive.rejouer_lettre',
        nom: 'lettre',
        condition: 'true',
      };
      bon = (await rejouer(sql, quoi, demande.lettre)) && bon;
    }
    return bon ? 0 : 1;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

try {
  process.exitCode = await main();
} catch (erreur) {
  const mauvaise = erreur instanceof MauvaiseDemande;
  // Never the address: it holds the password.
  const dit = mauvaise
    ? `${erreur.message}\n\n${AIDE}`
    : `La base ne répond pas (${(erreur as NodeJS.ErrnoException).code ?? (erreur as Error).name}).`;
  console.error(dit);
  process.exitCode = mauvaise ? 2 : 1;
}
