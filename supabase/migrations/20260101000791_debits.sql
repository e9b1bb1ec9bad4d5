-- How fast Meta lets a number speak, and speak to one person: accounts in the database, so that any number of workers keeps to them.
-- Each message books its interval; the account may run ahead of the clock by the burst (GCRA). A message is booked when it is
-- taken to be sent and never before, so that what waits cannot come out all at once.

create table prive.debits (
  cle text primary key,
  paye_jusqu_a timestamptz not null
) with (fillfactor = 50);
comment on table prive.debits is
  'One row per number (n<id_compte_whatsapp>) and per number and person (p<id_compte_whatsapp>:<id_prospect>); of FluxAsync''s own numbers f<phone_number_id> and f<phone_number_id>:<number>. paye_jusqu_a is in no index: booking rewrites a row in its page.';
comment on column prive.debits.paye_jusqu_a is 'Until when the messages sent so far have used the rate up; in the past: the whole burst is free.';
alter table prive.debits enable row level security;
create policy "personne par l'API" on prive.debits using (false);

create function prive.ouvrir_debit(cle text) returns timestamptz
language plpgsql volatile security definer set search_path = ''
as $$
declare
  jusque timestamptz;
begin
  select d.paye_jusqu_a into jusque from prive.debits as d where d.cle = ouvrir_debit.cle for no key update;
  if not found then
    -- Another worker may make it in the same moment; then its row is waited for.
    insert into prive.debits as d (cle, paye_jusqu_a) values (ouvrir_debit.cle, '-infinity')
    on conflict on constraint debits_pkey do update set paye_jusqu_a = d.paye_jusqu_a
    returning d.paye_jusqu_a into jusque;
  end if;
  return jusque;
end
$$;
comment on function prive.ouvrir_debit(text) is 'Until when a rate is used up; its row is locked until the end of the transaction.';

create function prive.payer_debit(numero text, debit integer, paire text, maintenant timestamptz) returns interval
language plpgsql volatile security definer set search_path = ''
as $$
declare
  pas_numero constant interval := interval '1 second' / debit;
  -- A burst of half a second, where Meta allows a whole one: calls reach it closer together than they were booked.
  avance_numero constant interval := (debit - 1) * pas_numero / 2;
  -- 45 at once, one every 6 seconds; the 45th is left as a margin.
  pas_paire constant interval := interval '6 seconds';
  avance_paire constant interval := 43 * interval '6 seconds';
  du_numero timestamptz := prive.ouvrir_debit(numero);
  de_la_paire timestamptz := prive.ouvrir_debit(paire);
  attente interval := greatest(du_numero - avance_numero, de_la_paire - avance_paire) - maintenant;
begin
  if attente > interval '0' then
    return attente;
  end if;
  update prive.debits as d set paye_jusqu_a = greatest(du_numero, maintenant) + pas_numero where d.cle = numero;
  update prive.debits as d set paye_jusqu_a = greatest(de_la_paire, maintenant) + pas_paire where d.cle = paire;
  return null;
end
$$;
comment on function prive.payer_debit(text, integer, text, timestamptz) is
  'Books one message on the rates (prive.debits) of a number (debit: per second) and of this number towards one person: null, it may go now; else how long it must wait, and nothing is booked. Callers come in the order of numbers, then persons: the two rows are locked in that order, so nobody waits in a circle.';

create function prive.payer_debit(compte bigint, debit integer, prospect bigint, maintenant timestamptz) returns interval
language plpgsql volatile security definer set search_path = ''
as $$
begin
  return prive.payer_debit('n' || compte, debit, 'p' || compte || ':' || prospect, maintenant);
end
$$;
comment on function prive.payer_debit(bigint, integer, bigint, timestamptz) is 'The same for a vendor''s number and a prospect.';

create function prive.freiner(numero text, paire text, code text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
  freinee constant text := case code when '130429' then numero when '131056' then paire end;
  maintenant constant timestamptz := prive.maintenant();
begin
  -- Whoever holds the row just now books on it; a brake that comes a moment too late does no harm, waiting would.
  perform from prive.debits as d where d.cle = freinee for no key update skip locked;
  if found then
    update prive.debits as d
    set paye_jusqu_a = greatest(d.paye_jusqu_a, maintenant + case code
      when '130429' then interval '500 milliseconds' + (1 + pg_catalog.random()) * interval '1 second'
      else 44 * interval '6 seconds' end)
    where d.cle = freinee;
  end if;
end
$$;
comment on function prive.freiner(text, text, text) is
  'After Meta said "too fast": 130429 keeps the number silent for 1 to 2 seconds, 131056 the pair for 6. Others may use the same number beside us.';

create function prive.freiner(compte bigint, prospect bigint, code text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
  perform prive.freiner('n' || compte, 'p' || compte || ':' || prospect, code);
end
$$;
comment on function prive.freiner(bigint, bigint, text) is 'The same for a vendor''s number and a prospect.';

create function prive.purger_debits() returns void
language sql volatile security definer set search_path = ''
as $$
  delete from prive.debits as d
  where d.cle in (select v.cle from prive.debits as v where v.paye_jusqu_a < (select prive.maintenant()) - interval '1 hour'
                  for update skip locked)
$$;
comment on function prive.purger_debits() is 'Forgets the rates that nobody has used for an hour: the whole burst is free there.';
select cron.schedule('purger-debits', '41 * * * *', 'select prive.purger_debits()');
