// What Meta lists as a template, read into our values.
import { expect, test } from 'vitest';
import { lireModele, nombreVariables } from './modeles.ts';

test.each([
  [undefined, 0],
  ['Bonjour', 0],
  ['Bonjour {{1}}, votre commande {{2}} arrive le {{3}}.', 3],
  ['{{1}} et encore {{ 1 }}', 1],
  ['Bonjour {{prenom}}, merci pour {{commande_1}}', 2],
  ['{1} {{}} {{ }} {{a b}}', 0],
])('variables of %j: %i', (texte, nombre) => expect(nombreVariables(texte)).toBe(nombre));

const brut = {
  id: '1407680676729941',
  name: 'commande_prete',
  language: 'fr',
  status: 'APPROVED',
  category: 'UTILITY',
  quality_score: { score: 'GREEN', date: 1_700_000_000 },
  components: [
    { type: 'HEADER', format: 'TEXT', text: 'Commande {{1}}' },
    {
      type: 'BODY',
      text: 'Bonjour {{1}}, votre commande {{2}} est prête.',
      example: { body_text: [['Awa', '12']] },
    },
    { type: 'BUTTONS', buttons: [{ type: 'URL', text: 'Suivre', url: 'https://example.ci/{{1}}' }] },
  ],
};

test('a template has its words verbatim and its values as ours', () => {
  expect(lireModele(brut)).toEqual({
    identifiant_modele: '1407680676729941',
    nom_modele: 'commande_prete',
    langue: 'fr',
    categorie: 'utility',
    statut: 'approuve',
    motif_rejet: null,
    qualite: 'verte',
    composants: brut.components,
    nombre_variables_corps: 2,
    nombre_variables_entete: 1,
  });
});

test('a header that is no text has no variables, and what is not known is taken for what cannot be sent by mistake', () => {
  const image = [{ type: 'HEADER', format: 'IMAGE', example: { header_handle: ['{{1}}'] } }];
  expect(lireModele({ ...brut, components: image })).toMatchObject({
    nombre_variables_entete: 0,
    nombre_variables_corps: 0,
  });
  expect(
    lireModele({ ...brut, status: 'IN_APPEAL', category: 'NEW', quality_score: { score: 'UNKNOWN' } }),
  ).toMatchObject({ statut: 'en_attente', categorie: 'marketing', qualite: null });
  expect(lireModele({ ...brut, status: 'REJECTED', rejected_reason: 'INVALID_FORMAT' })).toMatchObject({
    statut: 'rejete',
    motif_rejet: 'INVALID_FORMAT',
  });
  expect(lireModele({ ...brut, rejected_reason: 'NONE' })?.motif_rejet).toBeNull();
  expect(lireModele({ name: 'sans langue' })).toBeNull();
});
