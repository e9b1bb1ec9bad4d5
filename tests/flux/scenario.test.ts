// "Kouadio vend des chaussures" from sign-up to the day's figures: who does each step does it with his own rights, and what the
// reports and the rollup say in the end is what happened.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dire, reponsesRecues } from '../../scripts/platform/prospect.ts';
import {
  AMINATA,
  ajouterLivreur,
  bon,
  commander,
  connecterComptes,
  creerClient,
  creerService,
  DIALOGUE,
  MAMADOU,
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

const toutEstFait = () =>
  waitFor('nothing is left in the queues', async () => {
    const [files] = await p.sql`
      select (select count(*) from pgmq.q_assigner_livraisons) + (select count(*) from pgmq.q_envoyer_messages)
        + (select count(*) from pgmq.q_repondre_prospects) as reste`;
    return Number(files?.reste) === 0;
  });

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
        // He has a courier of his own: nobody else is asked.
        livraison_auto: false,
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
  // 10: Mamadou writes to the shop, which may therefore write to him.
  const livreur = await ajouterLivreur(kouadio, id);
  expect(
    await dire(p.graphUrl, { ...MAMADOU, vers: IDENTIFIANT, texte: 'Je suis disponible' }),
  ).toMatchObject({
    statut: 200,
  });
  await toutEstFait();
  // 11
  await planifierLivraison(service, id, commande.id_commande, livreur);
  // 12, 13
  await recevoirEmail(service, id, idCompteEmail);
  // 14
  await notifier(service, id, commande);
  await toutEstFait();

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
  // What was said with her, then the notice, which no figure counts.
  expect(
    histoire
      .filter((m) => m.prospect === 'Aminata Traoré')
      .map((m) => [m.direction_message, m.genere_par_ia, m.modele_ia === 'service', m.avec_livreur]),
  ).toEqual([
    ['entrant', false, false, false],
    ['sortant', true, false, false],
    ['entrant', false, false, false],
    ['sortant', true, false, false],
    ['sortant', true, true, false],
  ]);
  expect(histoire.findLast((m) => !m.avec_livreur)?.contenu_message).toMatch(
    /^Bonne nouvelle ! Mamadou vous livrera votre commande CMD-\d{8}-000001 .* vers 14 h\.$/,
  );
  expect(histoire.filter((m) => m.avec_livreur).map((m) => m.contenu_message)).toEqual([
    'Je suis disponible',
    expect.stringContaining('vous êtes disponible'),
    expect.stringContaining(`vous confie la livraison ${commande.numero_commande}, Mamadou`),
  ]);
  expect(new Set(histoire.map((m) => m.prospect))).toEqual(new Set(['Aminata Traoré', 'Mamadou Diabaté']));
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

  // The courier is written to as well, but is no prospect of the shop.
  expect(
    bon(await kouadio.from('prospects').select('*').eq('id_utilisateur', id).eq('est_livreur', false)),
  ).toMatchObject([
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
