// What every test includes.
#pragma once

#include "base/precompiled.hpp"

#include <catch2/catch.hpp>
