// Nobody helps: an event of the shop reaches the vendor's phone by the platform's own queue, sweep and function.
import { expect, test } from 'vitest';
import { dire, messagesRecus } from '../../scripts/platform/prospect.ts';
import { openPlatform } from '../helpers/platform.ts';
import { creerVendeur } from '../helpers/vendeurs.ts';
import { waitFor } from '../helpers/wait.ts';

test('the last pair is sold: his phone says so, and it is delivered', async () => {
  const p = await openPlatform();
  try {
    const v = await creerVendeur(p.sql, { articles: [{ nom: 'Sac', prix: 5000, stock: 10 }] });
    await p.sql`select service.connecter_compte_plateforme('100000000000099', '+225 27 20 00 00 00', 'dev-token', 'fluxasync_alerte', 'fr')`;
    // He verifies his number as he would, and that is also what opens the 24 hours.
    const [code] = await p.sql.begin(async (tx) => {
      await tx`select set_config('request.jwt.claims', ${JSON.stringify({ sub: v.id, role: 'authenticated' })}, true)`;
      return tx`select prive.verifier_mon_numero() as code`;
    });
    const phone = '+2250101020304';
    await dire(p.graphUrl, { de: phone, texte: `Mon code ${code?.code}`, vers: '100000000000099' });
    await waitFor('verified', async () => {
      const [u] =
        await p.sql`select numero_verifie_le from public.utilisateurs_fluxasync where id_utilisateur = ${v.id}`;
      return u?.numero_verifie_le;
    });
    await p.sql`update public.produits set quantite_stock = 0 where id_utilisateur = ${v.id}`;
    await waitFor('his phone says so', async () => (await messagesRecus(p.graphUrl, phone)).length > 0);
    expect(await messagesRecus(p.graphUrl, phone)).toEqual([
      '*Épuisé : Sac*\nIl ne reste plus de « Sac » : vos prospects ne peuvent plus en commander.',
    ]);
    await waitFor('delivered', async () => {
      const [n] =
        await p.sql`select statut_envoi from public.notifications where id_utilisateur = ${v.id} and evenement = 'stock_epuise'`;
      return n?.statut_envoi === 'livre';
    });
    // Its calls are the platform's own.
    await waitFor('the call is noted', async () => {
      const lignes =
        await p.sql`select id_utilisateur from public.utilisation_apis where endpoint_appele = 'POST /{numero}/messages'`;
      return lignes.length === 1 && lignes[0]?.id_utilisateur === null;
    });
  } finally {
    await p.close();
  }
});
