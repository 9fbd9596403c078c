/** The Mesos whose behaviour is kept: clients look at its version for what they may ask. */
export const MESOS_BUILD = {
  version: '1.11.0',
  build_date: '2020-11-24 00:00:00',
  build_time: 1_606_176_000,
  build_user: 'drydock',
  git_tag: '1.11.0',
} as const;
