// Pieces of text that several outputs of rules share.
#pragma once

#include <string>
#include <string_view>

namespace moru {

// Up to four digits for a small number, thousands apart in a large one, powers for huge ones.
std::string norm_number_text(double value);
// Words broken into lines of 100 columns, all but the first indented.
std::string wrapped_text(const std::string& text, std::size_t indent);
// "    label    content", wrapped; nothing if there is no content.
void append_labelled(std::string& text, std::string_view label, const std::string& content);

}  // namespace moru
