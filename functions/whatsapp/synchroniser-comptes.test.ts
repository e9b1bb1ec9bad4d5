// What Meta has no longer is told only when it was asked to the end.
import { expect, test } from 'vitest';
import { synchroniserComptes } from './synchroniser-comptes.ts';

async function copier(pages: unknown[]): Promise<unknown[]> {
  const finies: unknown[] = [];
  let prises = 0;
  const reponses: Record<string, () => unknown> = {
    prendre_synchronisations: () =>
      prises++ > 0
        ? []
        : [
            {
              id_utilisateur: 'v',
              identifiant_compte_business: '1',
              bail: 'b',
              comptes: [{ id_compte_whatsapp: 1, identifiant_numero_telephone: '2', jeton: 'j' }],
            },
          ],
    enregistrer_modeles: () => true,
    terminer_synchronisation: () => true,
    enregistrer_numero: () => null,
  };
  await synchroniserComptes({
    base: {
      async appeler(nom, parametres, forme) {
        if (nom === 'terminer_synchronisation') finies.push(parametres.erreur);
        return forme.parse(reponses[nom]?.());
      },
    },
    meta: {
      async appeler(demande, forme) {
        const corps = demande.chemin.endsWith('message_templates') ? pages.shift() : { id: '2' };
        return { bon: true, valeur: forme.parse(corps) };
      },
    },
    application: { id: '', secret: '' },
    releve: { noter() {}, async ecrire() {} },
    journal() {},
    maintenant: () => 0,
  });
  return finies;
}

test('the last page names no next one', async () => {
  const suite = { data: [], paging: { cursors: { after: 'a' }, next: 'https://…' } };
  expect(await copier([suite, { data: [], paging: { cursors: { after: 'z' } } }])).toEqual([null]);
});

test('a next page that cannot be asked for is no end', async () => {
  expect(await copier([{ data: [], paging: { next: 'https://…' } }])).not.toEqual([null]);
});
