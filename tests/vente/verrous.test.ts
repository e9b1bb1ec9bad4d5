// Who records a reply and who receives the prospect's next message lock the same rows, in the same order.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitFor } from '../helpers/wait.ts';
import { ouvrirVente, type Vente } from './aide.ts';

let s: Vente;
beforeAll(async () => {
  s = await ouvrirVente();
});
afterAll(() => s?.fermer());

test.each(['numero_whatsapp', 'numero_telephone'])(
  'somebody known by his %s alone writes while a reply that notes something of him is recorded',
  async (colonne) => {
    const v = await s.vendeur();
    const { id_conversation: c, id_prospect: p } = await s.prospect(v);
    const numero = colonne === 'numero_whatsapp' ? '2250700000001' : '2250700000002';
    await s.sql`update public.prospects set numero_telephone = ${`+${numero}`}, identifiant_whatsapp = null,
      numero_whatsapp = ${colonne === 'numero_whatsapp' ? `+${numero}` : null} where id_prospect = ${p}`;
    let recu: Promise<unknown> = Promise.resolve();
    await s.monde.begin(async (enregistre) => {
      await enregistre`select from public.conversations where id_conversation = ${c} for no key update`;
      recu = s.monde.begin(async (recoit) => {
        await recoit`set local lock_timeout = '5s'`;
        await recoit`select prive.recevoir_message(${v.id}, ${v.idCompte},
          ${s.sql.json({ id: `wamid.${colonne}`, from: numero, type: 'text', timestamp: '1795000000', text: { body: 'oui' } })},
          '{}', prive.maintenant())`;
      });
      await waitFor(
        'the reception waits',
        async () =>
          (await s.sql`select from pg_locks where not granted and locktype in ('transactionid', 'tuple')`)
            .length > 0,
      );
      await enregistre`select prive.noter_preference(${v.id}, ${p}, true, prive.maintenant())`;
    });
    await recu;
    const [n] = await s.sql`select identifiant_whatsapp as i, desabonne_le is not null as stop,
      (select count(*)::integer from public.conversations where id_prospect = ${p}) as conversations from public.prospects where id_prospect = ${p}`;
    expect(n).toEqual({ i: numero, stop: true, conversations: 1 });
  },
);
