/* SPDX-License-Identifier: MIT
 *
 * What the tool says about itself when it is asked: each line a paragraph, or a row of two columns, for page_print. */
#ifndef TOOL_MANUAL_H
#define TOOL_MANUAL_H

extern const char manual_tool_head[], manual_tool_tail[]; /* verbs, options and endpoints stand between */
extern const char manual_relay[], manual_serve[], manual_doctor[], manual_demo[], manual_completion[], manual_help[];
extern const char examples_relay[], examples_serve[], examples_demo[], examples_completion[];

#endif
