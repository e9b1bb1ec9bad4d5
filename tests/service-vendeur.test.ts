// What the service does for a vendor: it connects his number, at once and again, and keeps his mails, whatever is in them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, type TestDatabase } from './helpers/database.ts';
import { creerVendeur, type Vendeur } from './helpers/vendeurs.ts';
import { waitFor } from './helpers/wait.ts';

let d: TestDatabase;
let kouadio: Vendeur;
let awa: Vendeur;

beforeAll(async () => {
  d = await openDatabase();
  [kouadio, awa] = await Promise.all([
    creerVendeur(d.sql, { articles: [] }),
    creerVendeur(d.sql, { articles: [] }),
  ]);
});
afterAll(() => d?.close());

describe('a number', () => {
  const connecter = (sql: TestDatabase['sql'], qui: Vendeur, numero: string, jeton: string) =>
    sql.begin(async (tx) => {
      await tx`set local role service_role`;
      const [r] =
        await tx`select service.connecter_compte_whatsapp(${qui.id}, '29', ${numero}, '+2250701020304', ${jeton}) as id`;
      return Number(r?.id);
    });
  const connecte = (numero: string) => d.sql`
    select c.id_compte_whatsapp, c.id_utilisateur, c.compte_actif, s.decrypted_secret as jeton
    from public.comptes_whatsapp as c left join vault.decrypted_secrets as s on s.id = c.jeton_acces
    where c.identifiant_numero_telephone = ${numero}`;

  test('that two vendors connect at once, five times each, is the one’s, and the other is told so', async () => {
    const numero = '900000000000001';
    let issues: Promise<PromiseSettledResult<number>[]> | undefined;
    await d.sql.begin(async (tx) => {
      await tx`lock table public.comptes_whatsapp in exclusive mode`;
      issues = Promise.allSettled(
        Array.from({ length: 10 }, (_, i) => {
          const qui = i % 2 ? kouadio : awa;
          return connecter(d.as('supabase_admin'), qui, numero, `jeton de ${qui.id}`);
        }),
      );
      await waitFor('all ten wait', async () => {
        const [attente] = await d.sql`select count(distinct l.pid)::int as n from pg_locks as l
          join pg_stat_activity as a using (pid)
          where not l.granted and a.datname = current_database() and a.query like '%connecter_compte_whatsapp%'`;
        return attente?.n === 10;
      });
    });
    const vues = (await issues) ?? [];
    const comptes = await connecte(numero);
    expect(comptes).toHaveLength(1);
    const [compte] = comptes;
    expect([kouadio.id, awa.id]).toContain(compte?.id_utilisateur);
    expect(compte?.jeton).toBe(`jeton de ${compte?.id_utilisateur}`);
    const gagnant = compte?.id_utilisateur === kouadio.id ? 1 : 0;
    expect(vues.map((v) => (v.status === 'fulfilled' ? v.value : (v.reason.hint ?? v.reason.code)))).toEqual(
      vues.map((_, i) => (i % 2 === gagnant ? compte?.id_compte_whatsapp : 'numero_deja_connecte')),
    );
  });

  test('that is connected again has the new token, and the old one is gone', async () => {
    const numero = '900000000000002';
    const jetons = () => d.sql`select decrypted_secret as jeton from vault.decrypted_secrets
      where name = ${`whatsapp:${numero}`} or decrypted_secret in ('ancien', 'nouveau')`;
    const id = await connecter(d.sql, kouadio, numero, 'ancien');
    expect(await jetons()).toEqual([{ jeton: 'ancien' }]);
    await d.sql`update public.comptes_whatsapp set compte_actif = false where id_compte_whatsapp = ${id}`;
    expect(await connecter(d.sql, kouadio, numero, 'nouveau')).toBe(id);
    expect(await connecte(numero)).toEqual([
      { id_compte_whatsapp: id, id_utilisateur: kouadio.id, compte_actif: true, jeton: 'nouveau' },
    ]);
    expect(await jetons()).toEqual([{ jeton: 'nouveau' }]);
  });
});

describe('a mail', () => {
  let boite: number;
  let rang = 0;
  beforeAll(async () => {
    const [r] =
      await d.sql`select service.connecter_compte_email(${kouadio.id}, 'gmail', 'k@example.ci', 'a', 'r', null) as id`;
    boite = r?.id;
  });

  /** Fetched twice: the row, which there is once. */
  async function garder(mail: object) {
    rang += 1;
    const texte = JSON.stringify({
      ...{ identifiant_message_email: `m${rang}`, email_expediteur: 'x@example.ci' },
      ...mail,
    });
    const ids = [];
    for (let i = 0; i < 2; i += 1) {
      const [r] = await d.sql`select service.enregistrer_email(${kouadio.id}, ${boite}, ${texte}) as id`;
      ids.push(r?.id);
    }
    const lignes =
      await d.sql`select *, date_reception between '2000-01-01' and prive.maintenant() + interval '1 day' as plausible
      from public.emails_recus where id_compte_email = ${boite} and identifiant_message_email = ${`m${rang}`}`;
    expect(ids).toEqual([lignes[0]?.id_email, lignes[0]?.id_email]);
    expect(lignes).toHaveLength(1);
    return lignes[0];
  }

  test('with what Postgres refuses is kept, with a mark in its place', async () => {
    expect(
      await garder({
        nom_expediteur: '\ud800',
        sujet_email: 'a\u0000b',
        apercu_contenu: 'c\udc00\u0000d',
        contenu_complet: 'literally \\u0000, and \ud83d\ude00 whole',
      }),
    ).toMatchObject({
      nom_expediteur: '\ufffd',
      sujet_email: 'a\ufffdb',
      apercu_contenu: 'c\ufffd\ufffdd',
      contenu_complet: 'literally \\u0000, and \ud83d\ude00 whole',
    });
  });

  test.each([
    '4714-11-24 BC',
    '4714-01-01 BC',
    '-004713-01-01T00:00:00.000Z',
    'infinity',
    '-infinity',
    '3000-01-01T00:00:00Z',
    '+275760-09-13T00:00:00.000Z',
    '999999-01-01',
    '1970-01-01T00:00:00Z',
    '0000-00-00',
    'Thu, 32 Foo 2026',
    '',
  ])('of the impossible date %j is kept, as received now', async (date_reception) => {
    expect(await garder({ date_reception })).toMatchObject({ plausible: true });
  });

  test('of a possible date keeps it', async () => {
    const date_reception = '2026-03-01T08:30:00.000Z';
    expect((await garder({ date_reception }))?.date_reception.toISOString()).toBe(date_reception);
  });
});
