// "Kouadio vend des chaussures" from sign-up to the day's figures: who does each step does it with his own rights, and what the
// reports and the rollup say in the end is what happened.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dire, reponsesRecues } from '../../scripts/platform/prospect.ts';
import {
  AMINATA,
  bon,
  commander,
  connecterComptes,
  creerClient,
  creerService,
  DIALOGUE,
  notifier,
  PUBLICITE,
  planifierLivraison,
  recevoirEmail,
  remplirCatalogue,
} from '../../scripts/scenario.ts';
import { openPlatform, type TestPlatform } from '../helpers/platform.ts';
import { waitFor } from '../helpers/wait.ts';

let p: TestPlatform;
const IDENTIFIANT = '100000000000009';

beforeAll(async () => {
  p = await openPlatform();
  await p.regler('attente_rafale_ms', 0);
  // Noon of yesterday, so that no step falls on the other side of midnight.
  await p.sql`update prive.horloge set decalage = date_trunc('day', now()) - interval '12 hours' - now()`;
});
afterAll(() => p?.close());

test('the scenario comes out as its document says', async () => {
  const kouadio = creerClient(p.apiUrl);
  const service = creerService(p.apiUrl);

  // 1
  const { user } = bon(
    await kouadio.auth.signUp({
      email: 'kouadio@example.ci',
      password: 'motdepasse-essai',
      options: { data: { nom: 'Kouadio', prenom: 'Jean' } },
    }),
  );
  const id = user?.id ?? '';
  bon(
    await kouadio
      .from('utilisateurs_fluxasync')
      .update({
        numero_telephone: '+225 07 12 34 56 78',
        pays: "Côte d'Ivoire",
        secteur_activite: 'Vente chaussures',
        adresse_recuperation: 'Abobo, Magasin Kouadio Chaussures',
      })
      .eq('id_utilisateur', id)
      .select('id_utilisateur'),
  );
  // 2, 3
  const numero = { identifiant: IDENTIFIANT, numero: '+225 07 12 34 56 78', jeton: 'dev-token' };
  const { idCompteEmail } = await connecterComptes(service, id, numero);
  // 4
  await remplirCatalogue(kouadio, id);
  // 5, 6, 7
  for (const [tour, texte] of DIALOGUE.entries()) {
    const message = { type: 'text', text: { body: texte }, ...(tour === 0 ? { referral: PUBLICITE } : {}) };
    expect(await dire(p.graphUrl, { ...AMINATA, vers: IDENTIFIANT, message })).toMatchObject({ statut: 200 });
    await waitFor(
      `reply ${tour + 1}`,
      async () => (await reponsesRecues(p.graphUrl, AMINATA.de)).length > tour,
      20_000,
    );
  }
  expect((await reponsesRecues(p.graphUrl, AMINATA.de)).map((r) => r.texte)).toEqual([
    'Bonjour Aminata ! Je serais ravi de vous aider. Quelle pointure cherchez-vous ?',
    expect.stringMatching(
      /^Parfait ! J'ai des Nike Air Max 90 en 38 à 45.000 FCFA\. Voulez-vous les voir \?$/,
    ),
  ]);
  await waitFor('both replies are known to be sent', async () => {
    const { count } = await kouadio
      .from('messages')
      .select('id_message', { count: 'exact', head: true })
      .eq('id_utilisateur', id)
      .in('statut_livraison', ['envoye', 'livre', 'lu'])
      .eq('direction_message', 'sortant');
    return count === 2;
  });
  // 8, 9
  const commande = await commander(kouadio, id);
  expect(commande).toMatchObject({ montant_total: 45_000, statut_commande: 'confirmee' });
  expect(commande.numero_commande).toMatch(/^CMD-\d{8}-000001$/);
  // 10, 11
  await planifierLivraison(kouadio, service, id, commande.id_commande);
  // 12, 13
  await recevoirEmail(service, id, idCompteEmail);
  // 14
  await notifier(service, id, commande);

  const lire = async (table: string) => bon(await kouadio.from(table).select('*').eq('id_utilisateur', id));
  const figures = {
    messages_recus: 2,
    messages_envoyes: 2,
    reponses_ia: 2,
    interventions_manuelles: 0,
    prospects_nouveaux: 1,
    commandes_creees: 1,
    commandes_completees: 0,
    chiffre_affaires_genere: 45_000,
    livraisons_reussies: 0,
    emails_traites: 1,
    emails_critiques: 0,
  };
  expect(await lire('sessions_du_jour')).toMatchObject([figures]);
  expect(await lire('sessions_analytiques')).toEqual([]);

  // 15: the next day, by cron.
  await p.avancer(86_400);
  const hier = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  expect(await lire('sessions_analytiques')).toMatchObject([{ ...figures, date_session: hier }]);
  expect(await lire('metriques_campagnes')).toMatchObject([
    {
      date_metrique: hier,
      conversations_initiees: 1,
      commandes_generees: 1,
      chiffre_affaires_genere: 45_000,
    },
  ]);

  // The document's own three queries.
  expect(await lire('rapport_commandes')).toMatchObject([
    {
      vendeur: 'Kouadio Jean',
      client: 'Aminata Traoré',
      numero_commande: commande.numero_commande,
      nom_produit: 'Nike Air Max 90 (38)',
      quantite_commandee: 1,
      statut_commande: 'confirmee',
      statut_livraison: 'assignee',
    },
  ]);
  const histoire = bon(
    await kouadio.from('rapport_conversation').select('*').eq('id_utilisateur', id).order('id_message'),
  );
  expect(histoire.map((m) => [m.prospect, m.direction_message, m.genere_par_ia])).toEqual([
    ['Aminata Traoré', 'entrant', false],
    ['Aminata Traoré', 'sortant', true],
    ['Aminata Traoré', 'entrant', false],
    ['Aminata Traoré', 'sortant', true],
  ]);
  expect(await lire('rapport_vendeur')).toMatchObject([
    {
      vendeur: 'Kouadio Jean',
      total_prospects: 1,
      total_commandes: 1,
      chiffre_affaires: 45_000,
      livraisons_reussies: 0,
    },
  ]);
  expect(await lire('articles_a_preparer')).toMatchObject([{ article: 'Nike Air Max 90 (38)', quantite: 1 }]);
  expect(
    bon(await kouadio.rpc('tableau_de_bord', { id_utilisateur: id, debut: hier, fin: hier })),
  ).toMatchObject({ totaux: figures });

  expect(await lire('prospects')).toMatchObject([
    {
      numero_telephone: AMINATA.de,
      source_acquisition: 'pub_facebook',
      statut_prospect: 'client',
      nombre_commandes_total: 1,
      montant_depense_total: 45_000,
    },
  ]);
  const nombres = Object.fromEntries(
    await Promise.all(
      ['emails_recus', 'analyses_emails', 'notifications', 'livraisons'].map(
        async (t) => [t, (await lire(t)).length] as const,
      ),
    ),
  );
  expect(nombres).toEqual({ emails_recus: 1, analyses_emails: 1, notifications: 1, livraisons: 1 });
});
