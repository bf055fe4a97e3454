$ErrorActionPreference = "Stop"
try {
    $job = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String([Console]::In.ReadToEnd())) | ConvertFrom-Json
    $env:InputPayload = $job.InputPayload | ConvertTo-Json -Depth 20 -Compress
    $returned = & ([scriptblock]::Create($job.Script))
    $text = if ($null -eq $returned) { "null" } else { ConvertTo-Json -InputObject $returned -Depth 20 -Compress }
    if ($text.Length -gt 20000) {
        throw "the returned object has $($text.Length) characters as JSON, and may have 20000"
    }
    [IO.File]::WriteAllText($env:REEVE_RESULT, $text)
} catch {
    [Console]::Error.WriteLine(($_ | Out-String))
    [Console]::Error.WriteLine($_.ScriptStackTrace)
    exit 1
}
