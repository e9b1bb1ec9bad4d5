import { expect, test } from 'vitest';
import { openDatabase } from '../../tests/helpers/database.ts';
test('x', async () => { const d = await openDatabase(); expect(await d.sql`select 1 as x`).toHaveLength(1); await d.close(); });
