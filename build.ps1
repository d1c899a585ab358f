#!/usr/bin/env pwsh
# A thin call of the build program: ./build.ps1 test is dotnet run build.cs -- test.
Push-Location $PSScriptRoot
try { dotnet run build.cs -- @args; exit $LASTEXITCODE } finally { Pop-Location }
