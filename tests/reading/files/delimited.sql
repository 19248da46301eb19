-- Writes the delimited files whose names begin with sqlite_. Run here: sqlite3 < delimited.sql
-- The values are those of DELIMITED in tests/reading/test_formats.py.
create table people (id text, arm text, randomised_on text, age_years real, cost real, town text, note text);
insert into people values
  ('001', 'control', '2024-01-10', 54.5, 1234.5, 'Orléans', 'plain'),
  ('002', 'walking', '2024-02-29', 61, 0.25, 'Köln', 'a; b, "c" d'),
  ('003', 'walking', '2024-03-01', null, 1000000.125, 'Zürich', 'two' || char(10) || 'lines');
.headers on
.mode csv
.once sqlite.csv
select * from people;
-- Vertical bars, as .mode list does by itself; it quotes nothing, so the note with a line break stays out.
.mode list
.once sqlite_list.txt
select id, arm, randomised_on, age_years, cost, town from people;
