// Telling vendors, step by step: a platform with FluxAsync's own number, whose sender is called by the test, in its own process and
// with ports it may cut. Database, gateway, webhook and Meta's simulator are the real ones.
import {
  creerCanalWhatsapp,
  envoyerNotifications,
  type PortsNotification,
} from '../../functions/notification/envoyer-notifications.ts';
import { creerReleve } from '../../functions/shared/appels.ts';
import { type BaseService, creerBaseService } from '../../functions/shared/base-service.ts';
import { creerClientGraph } from '../../functions/whatsapp/graph.ts';
import { KEYS } from '../../scripts/platform/config.ts';
import { dire, reglerSimulateur } from '../../scripts/platform/prospect.ts';
import { openPlatform, type TestPlatform } from './platform.ts';
import { creerVendeur, type Vendeur } from './vendeurs.ts';
import { waitFor } from './wait.ts';

export const FLUXASYNC = '400000000000099';

export type Avis = {
  id_notification: number;
  titre: string;
  canal_envoi: string;
  statut_envoi: string;
  derniere_erreur: string | null;
  tentatives: number;
  pris: boolean;
  lue: boolean;
  arrivee: boolean;
  destinataire: string | null;
};
export type Verifie = Vendeur & { telephone: string };
export type Notifications = Awaited<ReturnType<typeof ouvrirNotifications>>;

type Envoye = { statut: number; corps: Record<string, unknown> | null };

export async function ouvrirNotifications() {
  const p: TestPlatform = await openPlatform({ parts: ['gateway', 'functions', 'graph'] });
  const base = creerBaseService(p.apiUrl, KEYS.secret);
  let rang = 0;

  const ports = (baseDuTest: BaseService = base): PortsNotification => {
    const releve = creerReleve(baseDuTest, () => {});
    const graph = creerClientGraph({
      url: `${p.graphUrl}/v26.0`,
      delaiMs: 15_000,
      releve,
      maintenant: () => Date.now(),
    });
    return {
      base: baseDuTest,
      canaux: { whatsapp: creerCanalWhatsapp(graph) },
      releve,
      journal: () => {},
      maintenant: () => Date.now(),
    };
  };
  const journal = async () => (await (await fetch(`${p.graphUrl}/_journal`)).json()) as Envoye[];

  return {
    p,
    base,
    connecter: (modele: string | null = 'fluxasync_alerte', jeton = 'dev-token') =>
      p.sql`select service.connecter_compte_plateforme(${FLUXASYNC}, '+225 05 00 00 00 99', ${jeton}, ${modele}, ${modele && 'fr'})`,

    /** A vendor who has verified the phone he wants to be told on. */
    async vendeur(): Promise<Verifie> {
      rang += 1;
      const telephone = `+22501${String(rang).padStart(8, '0')}`;
      const v = await creerVendeur(p.sql, { articles: [] });
      await p.sql`update public.utilisateurs_fluxasync set numero_telephone = ${telephone}, numero_verifie_le = prive.maintenant()
        where id_utilisateur = ${v.id}`;
      return { ...v, telephone };
    },

    /** He writes to FluxAsync: the 24 hours are open. */
    ecrire: (v: Verifie, texte = 'Bonjour') => dire(p.graphUrl, { de: v.telephone, texte, vers: FLUXASYNC }),
    appuyer: (
      telephone: string,
      id: string,
      genre: 'button_reply' | 'list_reply' | 'button' = 'button_reply',
    ) =>
      dire(p.graphUrl, {
        de: telephone,
        vers: FLUXASYNC,
        message:
          genre === 'button'
            ? { type: 'button', button: { payload: id, text: 'Lire' } }
            : { type: 'interactive', interactive: { type: genre, [genre]: { id, title: 'Choisi' } } },
      }),

    /** Tells him of an event; by default of one without a button. */
    async notifier(
      v: Vendeur,
      o: { evenement?: string; valeurs?: object; cle?: string; actions?: object } = {},
    ): Promise<number> {
      const [n] =
        await p.sql`select prive.notifier_evenement(${v.id}, ${o.evenement ?? 'commande_annulee'}, ${o.cle ?? crypto.randomUUID()},
          ${p.sql.json((o.valeurs ?? { client: 'Aya', numero: 'CMD-1' }) as never)}, null, null,
          ${o.actions === undefined ? null : p.sql.json(o.actions as never)}) as id`;
      return n?.id;
    },
    aucunLivreur(v: Vendeur): Promise<number> {
      const valeurs = {
        numero: 'CMD-7',
        client: 'Aya',
        destination: 'Cocody',
        motif: 'Personne n’a répondu.',
      };
      return this.notifier(v, { evenement: 'personne_disponible', valeurs });
    },

    /** Sends all that is due, or all that waits for its next attempt too; with a cut base it dies where that throws. */
    async envoyer(o: { base?: BaseService; aussiPlusTard?: boolean } = {}): Promise<void> {
      if (o.aussiPlusTard) await p.sql`update pgmq.q_envoyer_notifications set vt = clock_timestamp()`;
      await envoyerNotifications(ports(o.base));
    },

    async avis(id: number): Promise<Avis> {
      const [n] = await p.sql<
        Avis[]
      >`select id_notification, titre_notification as titre, canal_envoi, statut_envoi, derniere_erreur, tentatives,
        pris_le is not null as pris, lue_le is not null as lue, date_livraison is not null as arrivee, destinataire
        from public.notifications where id_notification = ${id}`;
      if (!n) throw new Error(`no notification ${id}`);
      return n;
    },
    deVendeur: (v: Vendeur) =>
      p.sql<
        { id: number; cle: string; suite_de: number | null; lue: boolean; statut: string }[]
      >`select id_notification as id, cle_unicite as cle, suite_de,
        lue_le is not null as lue, statut_envoi as statut from public.notifications where id_utilisateur = ${v.id} order by id_notification`,
    travaux: async (id: number) =>
      (
        await p.sql`select message ->> 'action' as action from pgmq.q_assigner_livraisons
          where message ->> 'genre' = 'action' and (message ->> 'id_notification')::bigint = ${id} order by msg_id`
      ).map((t) => t.action),

    journal,
    /** What Meta took for this phone, oldest first. */
    recus: async (v: Verifie) =>
      (await journal()).flatMap(({ statut, corps }) =>
        corps?.to === v.telephone && (statut === 200 || statut === 0) ? [corps] : [],
      ),
    /** Applies what Meta says of a notification, once a status event of this attempt has come. */
    async statuts(id: number, tentative = 1): Promise<void> {
      await waitFor('a status event of the notification', async () => {
        const [e] = await p.sql`select from prive.evenements_webhook
          where encode(corps, 'escape') like ${`%"biz_opaque_callback_data":"n:${id}.${tentative}"%`}`;
        return e !== undefined;
      });
      await p.sql`select prive.appliquer_en_attente()`;
    },
    panne: (panne: object) =>
      reglerSimulateur(p.graphUrl, '_pannes', { statut: 400, fois: 1, delai_ms: 0, ...panne }),
    regler: (chemin: '_statuts' | '_horloge' | '_reinitialiser' | '_ouvrir', corps: object) =>
      reglerSimulateur(p.graphUrl, chemin, corps),
    fermer: () => p.close(),
  };
}
