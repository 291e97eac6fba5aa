/* tests/sanitize/sanitized.h - is this a build with sanitizers? They multiply time and memory, so
 * that limits on either mean nothing there.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SANITIZED_H
#define TESTS_SANITIZED_H

#ifdef __has_feature
#define SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#endif
