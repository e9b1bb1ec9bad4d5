// The schema `service` for tests that need no HTTP: the same rpcs, as service_role, straight to Postgres.
import type postgres from 'postgres';
import { type BaseService, ErreurBase } from '../../functions/shared/base-service.ts';

export function baseSql(sql: postgres.Sql): BaseService {
  return {
    async appeler(rpc, parametres, forme) {
      const noms = Object.keys(parametres);
      // Postgres says which type each parameter has, and postgres.js writes it so: an object for jsonb, a number for bigint.
      const valeurs = Object.values(parametres) as postgres.ParameterOrJSON<never>[];
      const appel = `select to_json(service.${rpc}(${noms.map((nom, i) => `${nom} => $${i + 1}`).join(', ')})) as r`;
      try {
        const lignes = await sql.begin(async (tx) => {
          await tx`set local role service_role`;
          return tx.unsafe(appel, valeurs);
        });
        return forme.parse(lignes[0]?.r ?? null);
      } catch (erreur) {
        if (erreur instanceof Error && 'code' in erreur && typeof erreur.code === 'string') {
          const indice = 'hint' in erreur && typeof erreur.hint === 'string' ? erreur.hint : '';
          throw new ErreurBase(rpc, erreur.code, erreur.message, indice);
        }
        throw erreur;
      }
    },
  };
}
