-- Run once, when the volume of compose.yaml is made: the gateway's database is POSTGRES_DB, this is the agent's.
create database saudager_agent;
