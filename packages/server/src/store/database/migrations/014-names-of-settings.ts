// Two settings of pools were named with half an acronym. A quotation mark inside a text of a document is escaped, so
// that what is replaced is the name of a member.

export const namesOfSettings = `
update pools set settings = replace(settings, '"sMSMessage":', '"smsMessage":')
  where settings like '%"sMSMessage":%';
update pools set settings = replace(settings, '"kMSKeyID":', '"kmsKeyId":')
  where settings like '%"kMSKeyID":%';
`
