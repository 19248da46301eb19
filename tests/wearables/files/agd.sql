-- sqlite3 walks_15s.agd < agd.sql: two hours in epochs of 15 s, in the tables and columns of ActiGraph's .agd files.
-- The numbers follow from the number of the epoch k (0 to 479): steps 7 + k % 20 in minutes 10 to 29, otherwise 0;
-- axis1 is ten times the steps. 2024-03-31 00:10:00 is 638474406000000000 ticks of 100 ns since year 1.
CREATE TABLE data (dataTimestamp INTEGER, axis1 INTEGER, axis2 INTEGER, axis3 INTEGER, steps INTEGER, lux INTEGER,
  inclineOff INTEGER, inclineStanding INTEGER, inclineSitting INTEGER, inclineLying INTEGER);
CREATE TABLE settings (settingID INTEGER PRIMARY KEY, settingName VARCHAR(64), settingValue VARCHAR(8192));
CREATE TABLE filters (filterID INTEGER PRIMARY KEY, filterStartTimestamp INTEGER, filterStopTimestamp INTEGER);
INSERT INTO settings (settingName, settingValue) VALUES ('softwarename', 'a script, not ActiLife'),
  ('devicename', 'synthetic'), ('subjectname', 'walker 1'), ('epochlength', '15'), ('epochcount', '480'),
  ('startdatetime', '638474406000000000');
WITH RECURSIVE epoch(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM epoch WHERE k < 479)
INSERT INTO data
SELECT 638474406000000000 + k * 150000000, 10 * s, 0, 0, s, 0, 0, 1, 0, 0
FROM (SELECT k, CASE WHEN k / 4 BETWEEN 10 AND 29 THEN 7 + k % 20 ELSE 0 END AS s FROM epoch);
CREATE INDEX IX_dataTimestamp ON data (dataTimestamp);
