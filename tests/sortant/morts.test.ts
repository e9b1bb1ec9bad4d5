// The sender dies at every step, and Meta tells or does not tell what became of the message: it is never sent twice where a status
// came, and never stays without a reason. Architecture.md: a send without an outcome is settled by its status event or by time.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { baseQuiMeurt, Mort, ouvrirSortant, type Sortant } from '../helpers/sortant.ts';
import type { Vendeur } from '../helpers/vendeurs.ts';
import { waitFor } from '../helpers/wait.ts';

let s: Sortant;
let v: Vendeur;
beforeAll(async () => {
  s = await ouvrirSortant();
  v = await s.vendeur();
});
afterAll(() => s?.fermer());
beforeEach(async () => {
  await s.p.sql`delete from prive.debits`;
  await s.p.sql`select prive.appliquer_en_attente()`;
});

/** Dies in this place; `appele`: Meta has been called by then. */
const MORTS = [
  {
    ou: 'before it takes anything',
    appele: false,
    ports: () => ({ base: baseQuiMeurt(s.base, 'prendre_envois', 'avant') }),
  },
  {
    ou: 'taken, before the call',
    appele: false,
    ports: () => ({ base: baseQuiMeurt(s.base, 'prendre_envois', 'apres') }),
  },
  {
    ou: 'called, before the answer is read',
    appele: true,
    ports: () => {
      const { graph } = s.ports();
      return {
        graph: {
          async envoyer(e: Parameters<typeof graph.envoyer>[0]) {
            await graph.envoyer(e);
            throw new Mort();
          },
        },
      };
    },
  },
  { ou: 'answered, before it is recorded', appele: true, ports: () => ({ base: muette('avant') }) },
  {
    ou: 'recorded, and the transaction aborted',
    appele: true,
    ports: () => ({ base: s.base }),
    avorte: true,
  },
] as const;

/** Recording fails each time, as for a process that is gone. */
function muette(quand: 'avant' | 'apres') {
  return baseQuiMeurt(s.base, 'enregistrer_envois', quand);
}

async function mourir(mort: (typeof MORTS)[number]): Promise<void> {
  if (!('avorte' in mort)) {
    await s.envoyer(mort.ports() as object).catch((e) => expect(e).toBeInstanceOf(Mort));
    return;
  }
  await s.p.sql.unsafe(`create function prive.essai_mort() returns trigger language plpgsql as $$ begin raise exception 'mort'; end $$;
    create trigger essai_mort before update on public.messages for each row
      when (new.statut_livraison = 'envoye' and old.statut_livraison = 'envoi_en_cours') execute function prive.essai_mort()`);
  try {
    await s.envoyer();
  } finally {
    await s.p.sql.unsafe('drop trigger essai_mort on public.messages; drop function prive.essai_mort()');
  }
}

/** Time passes and everything that runs by itself runs. */
async function leTempsPasse(): Promise<void> {
  for (const secondes of [31, 110, 20, 300]) {
    await s.p.avancer(secondes);
    await s.envoyer();
  }
}

test.each(MORTS.flatMap((mort) => [true, false].map((statuts) => ({ ...mort, mort, statuts }))))(
  'dead $ou; status events come: $statuts',
  async ({ mort, appele, statuts }) => {
    await s.regler('_statuts', { actif: statuts });
    const { de, conversation } = await s.prospect(v);
    const id = await s.ecrire(conversation);
    const suivant = await s.ecrire(conversation, 'Et encore ceci.');
    await mourir(mort);
    expect((await s.recus(de)).length).toBe(appele ? 1 : 0);
    if (appele && statuts) await s.statuts(id);
    await leTempsPasse();

    const m = await s.message(id);
    const fois = (await s.recus(de)).filter((c) =>
      String(c.biz_opaque_callback_data).startsWith(`${id}.`),
    ).length;
    if (mort.ou === 'before it takes anything') {
      expect([fois, m.code_erreur]).toEqual([1, null]);
    } else if (appele && statuts) {
      expect([fois, m.code_erreur]).toEqual([1, null]);
      expect(['envoye', 'livre', 'lu']).toContain(m.statut_livraison);
      expect(m.identifiant_message_whatsapp).toMatch(/^wamid\./);
    } else {
      // Nobody can know: said so, told once, not sent again by itself.
      expect([fois, m.statut_livraison, m.code_erreur]).toEqual([
        appele ? 1 : 0,
        'echec',
        'resultat_inconnu',
      ]);
      expect((await s.avis(v)).filter((a) => a.cle === `envoi_echoue:${id}:resultat_inconnu`)).toHaveLength(
        1,
      );
    }
    // What stood behind it has gone.
    expect((await s.message(suivant)).tentatives_envoi).toBe(1);
    expect(
      (await s.recus(de)).filter((c) => String(c.biz_opaque_callback_data).startsWith(`${suivant}.`)),
    ).toHaveLength(1);
    await s.regler('_statuts', { actif: true });
  },
);

test('accepted and no status ever came: it stays sent, and is not sent again', async () => {
  const { de, conversation } = await s.prospect(v);
  const id = await s.ecrire(conversation);
  await s.panne({ statut: 200, muet: true });
  await s.envoyer();
  await leTempsPasse();
  expect(await s.message(id)).toMatchObject({ statut_livraison: 'envoye', code_erreur: null });
  expect(await s.recus(de)).toHaveLength(1);
});

test('the functions’ process is killed while Meta thinks: settled by the status, sent once', async () => {
  const { de, conversation } = await s.prospect(v);
  const id = await s.ecrire(conversation);
  await s.panne({ statut: 200, delai_ms: 5_000 });
  const reponse = await fetch(`${s.p.apiUrl}/functions/v1/envoyer-messages`, {
    method: 'POST',
    headers: { apikey: 'sb_secret_local' },
  });
  expect(reponse.status).toBe(202);
  await waitFor('Meta is called', async () => (await s.recus(de)).length === 1);
  s.p.parts.functions.kill('SIGKILL');
  await s.p.parts.functions.ready();
  await s.statuts(id);
  await leTempsPasse();
  expect(await s.message(id)).toMatchObject({
    code_erreur: null,
    identifiant_message_whatsapp: expect.stringMatching(/^wamid\./),
  });
  expect(await s.recus(de)).toHaveLength(1);
});
