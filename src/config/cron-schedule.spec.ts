import { describe, expect, it } from '@jest/globals';

import { complaintAboutSchedule } from './cron-schedule.ts';

describe('complaintAboutSchedule', () => {
  it.each([
    '*/5 * * * *',
    '* * * * *',
    '*/10 * * * * *',
    '0 3 * * *',
    '0 3 * * 1-5',
    '0 0 1 jan *',
    '0 0 29 2 *',
    '@daily',
  ])('accepts %s', (expression) => {
    expect(complaintAboutSchedule(expression)).toBeUndefined();
  });

  it.each([
    ['', 'not a cron expression: Too few fields'],
    ['every day', 'not a cron expression'],
    ['* * * *', 'not a cron expression: Too few fields'],
    ['* * * * * * *', 'not a cron expression: Too many fields'],
    ['60 * * * *', 'not a cron expression: Field value (60) is out of range'],
    ['*/0 * * * *', 'not a cron expression'],
    ['5-1 * * * *', 'not a cron expression'],
    ['0 0 30 2 *', 'the schedule never fires'],
    ['* * * * * *', 'the schedule fires more often than every 10 seconds'],
    ['0,55 * * * * *', 'the schedule fires more often than every 10 seconds'],
    ['0,5 0 3 * * *', 'the schedule fires more often than every 10 seconds'],
  ])('refuses %j: %s', (expression, complaint) => {
    expect(complaintAboutSchedule(expression)).toContain(complaint);
  });
});
