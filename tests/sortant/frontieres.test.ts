// Where two things happen at once: the person writes while Meta refuses, a number is connected again while messages are under way,
// somebody holds a row that a refusal must change, the database goes away in the middle.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { BaseService } from '../../functions/shared/base-service.ts';
import { creerStockage } from '../../functions/shared/stockage.ts';
import { creerClientGraph } from '../../functions/whatsapp/graph.ts';
import { dire } from '../../scripts/platform/prospect.ts';
import { Mort, ouvrirSortant, type Sortant } from '../helpers/sortant.ts';
import { clientDe, type Vendeur } from '../helpers/vendeurs.ts';

let s: Sortant;
let v: Vendeur;
beforeAll(async () => {
  s = await ouvrirSortant();
});
afterAll(() => s?.fermer());
beforeEach(async () => {
  await s.p.sql`delete from prive.debits`;
  await s.p.sql`delete from pgmq.q_envoyer_messages`;
  v = await s.vendeur();
});

const reecrire = (de: string) => dire(s.p.graphUrl, { de, texte: 'Me revoilà', vers: v.numero });
const actif = async () => {
  const [c] = await s.p
    .sql`select compte_actif from public.comptes_whatsapp where id_compte_whatsapp = ${v.idCompte}`;
  return c?.compte_actif;
};
const reconnecter = (sql = s.p.sql) =>
  sql`select service.connecter_compte_whatsapp(${v.id}, ${`2${v.numero.slice(1)}`}, ${v.numero}, '+2250701020304', 'nouveau-jeton')`;

/** A transaction that has done this and stays open until the returned function is called. */
async function pendant(
  travail: (sql: Sortant['p']['sql']) => Promise<unknown>,
): Promise<() => Promise<void>> {
  const fait = Promise.withResolvers<void>();
  const fin = Promise.withResolvers<void>();
  const transaction = s.p.sql.begin(async (sql) => {
    await travail(sql as unknown as Sortant['p']['sql']);
    fait.resolve();
    await fin.promise;
  });
  await fait.promise;
  return async () => {
    fin.resolve();
    await transaction;
  };
}

test('Meta says 131047 of a message, and the person has written since: it goes again', async () => {
  const { de, conversation } = await s.prospect(v);
  const id = await s.ecrire(conversation, 'Bonne nouvelle');
  await s.panne({ statut: 200, code: 131047, apres: true });
  await s.envoyer();
  await reecrire(de);
  await s.statuts(id);
  await s.envoyer({}, true);
  expect(await s.message(id)).toMatchObject({ statut_livraison: 'envoye', tentatives_envoi: 2 });
});

test('Meta says 131047 in an old conversation that a newer one made seem open: the newer is closed too, and it waits', async () => {
  const { de, conversation } = await s.prospect(v);
  await s.p
    .sql`update public.conversations set statut_conversation = 'terminee', fenetre_expire_le = prive.maintenant() - interval '1 hour'
    where id_conversation = ${conversation}`;
  await reecrire(de);
  const id = await s.ecrire(conversation, 'Bonne nouvelle', { charge: { attendre: true } });
  await s.panne({ code: 131047 });
  for (let i = 0; i < 3; i += 1) await s.envoyer({}, true);
  expect(await s.message(id)).toMatchObject({
    statut_livraison: 'a_envoyer',
    code_erreur: 'fenetre_fermee',
    tentatives_envoi: 1,
  });
  await reecrire(de);
  await s.envoyer();
  expect(await s.message(id)).toMatchObject({ statut_livraison: 'envoye' });
});

test('a refusal that must change a row somebody holds is recorded all the same', async () => {
  const { conversation } = await s.prospect(v);
  await s.p
    .sql`insert into public.campagnes_marketing (id_utilisateur, nom_campagne, type_campagne, statut_campagne)
    values (${v.id}, 'Diffusion', 'diffusion_whatsapp', 'active')`;
  const id = await s.ecrire(conversation);
  await s.panne({ code: 131048 });
  const lacher = await pendant(
    (sql) => sql`select from public.campagnes_marketing where id_utilisateur = ${v.id} for update`,
  );
  const perdues: unknown[] = [];
  await s.envoyer({
    journal: (_, evenement) => {
      perdues.push(evenement);
      void lacher();
    },
  });
  expect(perdues).toContain('issues_non_enregistrees');
  expect(await s.message(id)).toMatchObject({ statut_livraison: 'echec', code_erreur: '131048' });
  const [k] = await s.p
    .sql`select statut_campagne from public.campagnes_marketing where id_utilisateur = ${v.id}`;
  expect(k?.statut_campagne).toBe('en_pause');
});

test('a message taken with the old token while the number is connected again: the new one stays, the message goes', async () => {
  const { conversation } = await s.prospect(v);
  const id = await s.ecrire(conversation);
  const valider = await pendant((sql) => reconnecter(sql));
  const [pris] = await s.p.sql`select service.prendre_envois(10) -> 0 as e`;
  await valider();
  expect(pris?.e.jeton).toBe('dev-token');
  const issue = {
    id_message: id,
    tentative: 1,
    code: '190',
    statut_http: 401,
    connecte_le: pris?.e.connecte_le,
  };
  await s.p.sql`select service.enregistrer_envois(${s.p.sql.json([issue] as never)})`;
  expect(await actif()).toBe(true);
  expect(await s.message(id)).toMatchObject({ statut_livraison: 'a_envoyer', code_erreur: '190' });
});

test('a status event of before the number was connected again does not turn it off; one of after it does', async () => {
  const { conversation } = await s.prospect(v);
  await s.regler('_statuts', { actif: false });
  const [avant, apres] = [await s.ecrire(conversation, 'a'), await s.ecrire(conversation, 'b')];
  await s.envoyer();
  await s.envoyer({}, true);
  const perdu = async (id: number, secondes: number) => {
    const { identifiant_message_whatsapp: wamid } = await s.message(id);
    const statut = {
      id: wamid,
      status: 'failed',
      timestamp: String(Math.floor(Date.now() / 1000) + secondes),
      errors: [{ code: 190 }],
    };
    await s.p.sql`select prive.appliquer_statut(${v.id}, ${v.idCompte}, ${s.p.sql.json(statut)})`;
  };
  await reconnecter();
  await perdu(avant, -5);
  expect(await actif()).toBe(true);
  await perdu(apres, 5);
  expect(await actif()).toBe(false);
  await s.regler('_statuts', { actif: true });
});

test('the database goes away between two batches: the first is recorded, and its calls are noted', async () => {
  const { conversation } = await s.prospect(v);
  const id = await s.ecrire(conversation);
  let fois = 0;
  const base: BaseService = {
    async appeler(nom, parametres, forme) {
      if (nom === 'prendre_envois') {
        fois += 1;
        if (fois > 1) throw new Mort();
      }
      return s.base.appeler(nom, parametres, forme);
    },
  };
  await expect(s.envoyer({ base })).rejects.toBeInstanceOf(Mort);
  expect(await s.message(id)).toMatchObject({ statut_livraison: 'envoye' });
  expect(await s.p.sql`select from public.utilisation_apis where id_utilisateur = ${v.id}`).toHaveLength(1);
});

test('two jobs for one message, due at once and read in one batch: it is sent once', async () => {
  const { de, conversation } = await s.prospect(v);
  const id = await s.ecrire(conversation, 'Une seule fois');
  await s.p.sql`select prive.demander_envoi(${id}, reveiller => false)`;
  await s.envoyer({}, true);
  expect(await s.message(id)).toMatchObject({ statut_livraison: 'envoye', tentatives_envoi: 1 });
  expect(await s.recus(de)).toHaveLength(1);
  const [reste] = await s.p.sql`select count(*)::int as n from pgmq.q_envoyer_messages
    where message ->> 'id_message' = ${String(id)}`;
  expect(reste?.n).toBe(0);
});

test('a message that cannot be marked sinks no other, and ends with a reason', async () => {
  const { conversation } = await s.prospect(v);
  const mauvais = await s.ecrire(conversation, 'mauvais');
  const bon = await s.ecrire((await s.prospect(v)).conversation, 'bon');
  await s.p.sql.unsafe(`create function prive.essai_mort() returns trigger language plpgsql as $$ begin raise exception 'mort'; end $$;
    create trigger essai_mort before update on public.messages for each row
      when (new.statut_livraison = 'envoi_en_cours' and new.contenu_message = 'mauvais') execute function prive.essai_mort()`);
  try {
    await s.envoyer();
    expect(await s.message(bon)).toMatchObject({ statut_livraison: 'envoye' });
    await s.p.sql`update pgmq.q_envoyer_messages set read_ct = 49`;
    await s.envoyer({}, true);
  } finally {
    await s.p.sql.unsafe('drop trigger essai_mort on public.messages; drop function prive.essai_mort()');
  }
  expect(await s.message(mauvais)).toMatchObject({
    statut_livraison: 'echec',
    code_erreur: 'contenu_invalide',
  });
  const lettres = await s.p
    .sql`select erreur from prive.lettres_mortes where (message ->> 'id_message')::bigint = ${mauvais}`;
  expect(lettres).toEqual([{ erreur: 'P0001 mort' }]);
});

test('a person does not wait behind what the service could not send for now; the service does wait for him', async () => {
  const lui = await clientDe(s.p.apiUrl, v);
  const { de, conversation } = await s.prospect(v);
  const service = await s.ecrire(conversation, 'Votre livreur arrive.');
  await s.panne({ code: 131000 });
  await s.envoyer();
  expect(await s.message(service)).toMatchObject({ statut_livraison: 'a_envoyer', code_erreur: '131000' });
  const { data: id } = await lui.rpc('envoyer_message', {
    id_conversation: conversation,
    contenu: 'Je suis là',
  });
  await s.panne({ code: 131000 });
  await s.envoyer();
  const apres = await s.ecrire(conversation, 'Il est là.');
  await s.envoyer();
  expect((await s.message(apres)).tentatives_envoi).toBe(0);
  for (let i = 0; i < 3; i += 1) await s.envoyer({}, true);
  expect(await s.message(id)).toMatchObject({ statut_livraison: 'envoye', tentatives_envoi: 2 });
  expect((await s.recus(de)).map((c) => (c.text as { body: string }).body).at(-1)).toBe('Il est là.');
});

test('a storage that never answers holds no batch up: the file is tried again, the others go', async () => {
  const muet = createServer(() => {});
  await new Promise<void>((pret) => muet.listen(0, '127.0.0.1', pret));
  const url = `http://127.0.0.1:${(muet.address() as AddressInfo).port}`;
  const image = await s.ecrire((await s.prospect(v)).conversation, '', {
    type: 'image',
    charge: { media: { chemin: `${v.id}/sortants/a.jpg` } },
  });
  const texte = await s.ecrire((await s.prospect(v)).conversation);
  await s.envoyer({ medias: creerStockage(url, 'cle', 'medias', 300) });
  muet.closeAllConnections();
  muet.close();
  expect(await s.message(image)).toMatchObject({
    statut_livraison: 'a_envoyer',
    code_erreur: 'lien_indisponible',
  });
  expect(await s.message(texte)).toMatchObject({ statut_livraison: 'envoye' });
});

test('what Meta quotes of a call is kept nowhere: no token, no number, no key of a link', async () => {
  const serveur = createServer((requete, reponse) => {
    let corps = '';
    requete.on('data', (d) => {
      corps += d;
    });
    requete.on('end', () => {
      reponse.statusCode = 400;
      const message = `Malformed access token ${requete.headers.authorization} for ${JSON.parse(corps).to.slice(1)}: ${corps}`;
      reponse.end(JSON.stringify({ error: { code: 131053, message } }));
    });
  });
  await new Promise<void>((pret) => serveur.listen(0, '127.0.0.1', pret));
  const notes: unknown[] = [];
  const graph = creerClientGraph({
    url: `http://127.0.0.1:${(serveur.address() as AddressInfo).port}`,
    delaiMs: 5_000,
    releve: { noter: (appel) => notes.push(appel), ecrire: async () => {} },
    maintenant: () => 0,
  });
  const issue = await graph.envoyer({
    numero_emetteur: '1',
    id_utilisateur: v.id,
    jeton: 'EAAG-secret',
    corps: {
      to: '+2250500000000',
      image: { link: 'https://x.supabase.co/storage/v1/object/sign/medias/a.jpg?token=eyJ.clef.x' },
    },
  });
  serveur.close();
  expect(issue).toMatchObject({
    sorte: 'refuse',
    code: '131053',
    detail: expect.stringContaining('a.jpg?token=…'),
  });
  expect(JSON.stringify([issue, notes])).not.toMatch(/EAAG|2250500000000|clef/);
});
