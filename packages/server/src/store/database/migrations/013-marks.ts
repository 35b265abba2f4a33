// What is known about the database itself: the mode that made it, and a text by which its sealing keys are told.

export const marks = `
create table marks (
  name KEYTEXT primary key,
  value TEXT not null
);
`
