// Every documented inbound type, alone, doubled, shuffled and batched with another account's events: the rows are exactly those
// of one quiet delivery. GRAINE=… repeats a run.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type TestDatabase } from '../helpers/database.ts';
import {
  base64,
  type Changement,
  corps,
  echo,
  idDe,
  message,
  type Personne,
  personne,
  preference,
  secondes,
  statut,
  TYPES,
  wamid,
} from '../helpers/evenements-meta.ts';
import { graine } from '../helpers/statistiques.ts';
import { creerVendeur, type Vendeur } from '../helpers/vendeurs.ts';

let d: TestDatabase;
beforeAll(async () => {
  d = await openDatabase();
});
afterAll(() => d?.close());

type Ligne = Record<string, unknown>;
type Attendu = { messages: Ligne[]; prospects: Ligne[] };

async function livrer(changements: Changement[], trace?: string): Promise<void> {
  const octets = corps(changements, trace === undefined ? {} : { trace });
  await d.sql`select service.recevoir_evenement_whatsapp(${base64(octets)})`;
}

/** What was kept for later, and what failed because something else had to come first, until nothing is left. */
async function rattraper(): Promise<void> {
  for (let tour = 0; tour < 12; tour += 1) {
    const [reste] = await d.sql`select prive.appliquer_en_attente(5000) as n`;
    const [encore] =
      await d.sql`select count(*)::int as n from prive.evenements_webhook where prochaine_tentative is not null`;
    if (reste?.n === 0 && encore?.n === 0) break;
    await d.sql`update prive.evenements_webhook set prochaine_tentative = prive.maintenant() where prochaine_tentative is not null`;
  }
  expect(await d.sql`select etat, erreur from prive.evenements_webhook where etat <> 'traite'`).toEqual([]);
}

async function etat(v: Vendeur): Promise<Attendu> {
  const messages = await d.sql`
    select m.identifiant_message_whatsapp as wamid, m.direction_message, m.type_message, m.contenu_message, m.charge_utile, m.reponse_a,
      m.sans_reponse, m.statut_livraison, m.genere_par_ia, m.nom_expediteur, m.code_erreur, m.detail_erreur, m.categorie_tarif, m.facturable,
      m.modifie_le is not null as modifie, m.supprime_le is not null as supprime, p.identifiant_whatsapp as qui
    from public.messages as m join public.conversations as c using (id_conversation) join public.prospects as p using (id_prospect)
    where m.id_utilisateur = ${v.id} order by m.identifiant_message_whatsapp`;
  const prospects = await d.sql`
    select p.identifiant_whatsapp, p.numero_whatsapp, p.nom_complet, p.desabonne_le is not null as desabonne, p.source_acquisition,
      p.reference_pub ->> 'ctwa_clid' as ctwa_clid, count(*)::int as conversations, bool_and(c.ia_activee) as ia
    from public.prospects as p left join public.conversations as c using (id_prospect)
    where p.id_utilisateur = ${v.id} group by p.id_prospect order by p.identifiant_whatsapp`;
  return { messages: [...messages], prospects: [...prospects] };
}

/** One person per thing, so that what each does stands for itself in any order. */
async function histoire(v: Vendeur): Promise<{ changements: Changement[]; attendu: Attendu }> {
  const changements: Changement[] = [];
  const attendu: Attendu = { messages: [], prospects: [] };
  const ligne = (id: string, qui: Personne, autre: Ligne) =>
    attendu.messages.push({
      wamid: id,
      direction_message: 'entrant',
      type_message: 'texte',
      contenu_message: '',
      charge_utile: null,
      reponse_a: null,
      sans_reponse: false,
      statut_livraison: 'envoye',
      genere_par_ia: false,
      nom_expediteur: qui.nom ?? null,
      code_erreur: null,
      detail_erreur: null,
      categorie_tarif: null,
      facturable: null,
      modifie: false,
      supprime: false,
      qui: qui.bsuid ?? qui.numero,
      ...autre,
    });
  const connu = (qui: Personne, autre: Ligne = {}) =>
    attendu.prospects.push({
      identifiant_whatsapp: qui.bsuid ?? qui.numero,
      numero_whatsapp: qui.numero === undefined ? null : `+${qui.numero}`,
      nom_complet: qui.nom ?? null,
      desabonne: false,
      source_acquisition: 'direct',
      ctwa_clid: null,
      conversations: 1,
      ia: true,
      ...autre,
    });

  for (const { message: m, ligne: l } of TYPES) {
    const qui = personne();
    const c = message(v, qui, m);
    changements.push(c);
    ligne(idDe(c), qui, l);
    connu(
      qui,
      'referral' in m ? { source_acquisition: 'pub_facebook', ctwa_clid: 'ARAkLkA8rmlFeiCktEJQ' } : {},
    );
  }
  // A person without a number, one without Meta's id, one without a name.
  for (const o of [{ numero: undefined }, { bsuid: undefined }, { nom: undefined }]) {
    const { numero, bsuid, nom } = { ...personne(), ...o };
    const qui = {
      ...(numero === undefined ? {} : { numero }),
      ...(bsuid === undefined ? {} : { bsuid }),
      ...(nom === undefined ? {} : { nom }),
    };
    const c = message(v, qui, { type: 'text', text: { body: 'Bonsoir' } });
    changements.push(c);
    ligne(idDe(c), qui, { contenu_message: 'Bonsoir' });
    connu(qui);
  }
  // Edited twice, in the order of Meta's time; taken back after an edit.
  const t = Math.floor(Date.now() / 1000) - 600;
  for (const retire of [false, true]) {
    const qui = personne();
    const premier = message(v, qui, { type: 'text', text: { body: 'un' }, timestamp: String(t) });
    const id = idDe(premier);
    const edit = (body: string, s: number) =>
      message(v, qui, {
        type: 'edit',
        edit: { original_message_id: id, message: { type: 'text', text: { body } } },
        timestamp: String(t + s),
      });
    changements.push(premier, edit('deux', 10), edit('trois', 20));
    if (retire)
      changements.push(
        message(v, qui, { type: 'revoke', revoke: { original_message_id: id }, timestamp: String(t + 30) }),
      );
    ligne(
      id,
      qui,
      retire
        ? { supprime: true, sans_reponse: true, modifie: expect.any(Boolean) }
        : {
            contenu_message: 'trois',
            modifie: true,
            // An edit that comes after a later one changes nothing, so that it is not among the former words.
            charge_utile: { avant: expect.arrayContaining([expect.objectContaining({ texte: 'un' })]) },
          },
    );
    connu(qui);
  }
  // Meta's own note, also before anything he said: he has another number.
  const ancien = personne();
  const nouveau = personne().numero;
  const salut = message(v, ancien, { type: 'text', text: { body: 'Salut' } });
  const note = message(v, ancien, {
    type: 'system',
    system: { type: 'user_changed_number', body: 'a changé de numéro', wa_id: nouveau },
  });
  changements.push(salut, note);
  ligne(idDe(salut), ancien, { contenu_message: 'Salut' });
  ligne(idDe(note), ancien, {
    type_message: 'inconnu',
    contenu_message: 'a changé de numéro',
    charge_utile: expect.objectContaining({ type: 'system' }),
    nom_expediteur: null,
    sans_reponse: true,
  });
  connu(ancien, { numero_whatsapp: `+${nouveau}` });
  // The vendor's own phone; edited there too.
  const ami = personne();
  const sien = echo(v, ami, { type: 'text', text: { body: 'Je vous rappelle' }, timestamp: String(t) });
  changements.push(
    sien,
    echo(v, ami, {
      type: 'edit',
      edit: { original_message_id: idDe(sien), message: { type: 'text', text: { body: 'Je vous appelle' } } },
    }),
  );
  ligne(idDe(sien), ami, {
    direction_message: 'sortant',
    contenu_message: 'Je vous appelle',
    nom_expediteur: null,
    modifie: true,
    charge_utile: { avant: [{ texte: 'Je vous rappelle', edition: expect.any(String) }] },
  });
  connu(ami, { ia: false });
  // Marketing: the last word counts.
  for (const [mots, desabonne] of [
    [['stop', 'resume', 'stop'], true],
    [['stop', 'resume'], false],
  ] as const) {
    const qui = personne();
    changements.push(...mots.map((mot, i) => preference(v, qui, mot, t + i)));
    connu(qui, { desabonne, conversations: 1, ia: null });
  }
  // Statuses of messages that went out.
  for (const [status, autre] of [
    [['sent', 'delivered', 'read', 'played'], { statut_livraison: 'lu' }],
    [['sent', 'delivered', 'deleted', 'warning'], { statut_livraison: 'livre' }],
    [['failed', 'sent'], { statut_livraison: 'echec', code_erreur: '131026', detail_erreur: 'Injoignable.' }],
  ] as const) {
    const qui = personne();
    const id = wamid();
    const parti = await d.sql`
      with p as (insert into public.prospects (id_utilisateur, identifiant_whatsapp, nom_complet) values (${v.id}, ${qui.bsuid ?? ''}, 'x') returning *),
        c as (insert into public.conversations (id_utilisateur, id_prospect, id_compte_whatsapp) select id_utilisateur, id_prospect, ${v.idCompte} from p returning *)
      insert into public.messages (id_utilisateur, id_conversation, id_compte_whatsapp, direction_message, contenu_message, statut_livraison, tentatives_envoi, identifiant_message_whatsapp)
      select id_utilisateur, id_conversation, id_compte_whatsapp, 'sortant', 'y', 'envoi_en_cours', 1, ${id} from c returning id_message`;
    const rappel = String(parti[0]?.id_message);
    for (const s of status)
      changements.push(
        statut(v, {
          id,
          status: s,
          recipient_id: qui.numero,
          biz_opaque_callback_data: s === 'sent' ? rappel : `${rappel}.1`,
          ...(s === 'failed'
            ? { errors: [{ code: 131026, title: 'Undeliverable', error_data: { details: 'Injoignable.' } }] }
            : {}),
          ...(s === 'sent' || s === 'delivered'
            ? {
                pricing: {
                  billable: false,
                  pricing_model: 'PMP',
                  category: 'service',
                  type: 'free_customer_service',
                },
              }
            : {}),
        }),
      );
    ligne(id, qui, {
      direction_message: 'sortant',
      contenu_message: 'y',
      nom_expediteur: null,
      categorie_tarif: 'service',
      facturable: false,
      ...autre,
    });
    connu(qui, { numero_whatsapp: null, nom_complet: 'x' });
  }
  const par = (cle: string) => (a: Ligne, b: Ligne) => (String(a[cle]) < String(b[cle]) ? -1 : 1);
  attendu.messages.sort(par('wamid'));
  attendu.prospects.sort(par('identifiant_whatsapp'));
  return { changements, attendu };
}

/** Both vendors have their story; what one is told never shows at the other. */
async function jouer(livraison: (changements: Changement[]) => Promise<void>): Promise<void> {
  const vendeurs = [await creerVendeur(d.sql, { articles: [] }), await creerVendeur(d.sql, { articles: [] })];
  const histoires = await Promise.all(vendeurs.map(histoire));
  const [a, b] = histoires;
  // The one and the other in turns.
  const tous = (a?.changements ?? [])
    .flatMap((c, i) => [c, b?.changements[i]])
    .filter((c) => c !== undefined);
  await livraison(tous);
  await rattraper();
  for (const [i, v] of vendeurs.entries()) {
    const trouve = await etat(v);
    const trier = (lignes: Ligne[], cle: string) =>
      lignes.toSorted((x, y) => (String(x[cle]) < String(y[cle]) ? -1 : 1));
    expect(trier(trouve.messages, 'wamid')).toEqual(histoires[i]?.attendu.messages);
    expect(trier(trouve.prospects, 'identifiant_whatsapp')).toEqual(histoires[i]?.attendu.prospects);
    // A job for what asks for an answer, one each.
    const jobs = await d.sql`
      select count(*)::int as n, count(distinct q.message ->> 'id_message')::int as messages, bool_or(m.sans_reponse and m.supprime_le is null) as de_trop
      from pgmq.q_repondre_prospects as q join public.messages as m on m.id_message = (q.message ->> 'id_message')::bigint
      where m.id_utilisateur = ${v.id}`;
    const attendus = histoires[i]?.attendu.messages.filter(
      (m) => m.direction_message === 'entrant' && (!m.sans_reponse || m.supprime),
    );
    expect(jobs[0]).toEqual({ n: attendus?.length, messages: attendus?.length, de_trop: false });
  }
}

test('alone, in order', () =>
  jouer(async (changements) => {
    for (const c of changements) await livrer([c]);
  }));

test('twice: the same bytes, and the same event in other bytes', () =>
  jouer(async (changements) => {
    for (const c of changements) {
      await livrer([c]);
      await livrer([c]);
      await livrer([c], 'encore');
    }
  }));

test('all in one POST, of both accounts', () => jouer((changements) => livrer(changements)));

test('shuffled, some doubled, in POSTs of one to nine changes of both accounts, also at once', async () => {
  const tirer = graine();
  for (let tour = 0; tour < 6; tour += 1)
    await jouer(async (changements) => {
      const melange = [...changements, ...changements.filter(() => tirer() < 0.3)]
        .map((c) => ({ c, rang: tirer() }))
        .sort((x, y) => x.rang - y.rang)
        .map(({ c }) => c);
      const envois: Promise<void>[] = [];
      for (let i = 0, n = 0; i < melange.length; i += n) {
        n = 1 + Math.floor(tirer() * 9);
        envois.push(livrer(melange.slice(i, i + n), String(i)));
        if (tirer() < 0.5) await Promise.all(envois.splice(0));
      }
      await Promise.all(envois);
    });
});

test('a window opens for 24 hours by what a person says, also after an advertisement, and by nothing else', async () => {
  const v = await creerVendeur(d.sql, { articles: [] });
  for (const { nom, message: m, ligne } of TYPES) {
    const qui = personne();
    await livrer([message(v, qui, { ...m, timestamp: secondes(Date.now() - 3_600_000) })]);
    const [c] =
      await d.sql`select round(extract(epoch from fenetre_expire_le - prive.maintenant()) / 3600)::int as heures
      from public.conversations join public.prospects as p using (id_prospect) where p.identifiant_whatsapp = ${qui.bsuid ?? ''}`;
    expect([nom, c?.heures]).toEqual([nom, ligne.sans_reponse ? null : 23]);
  }
});
