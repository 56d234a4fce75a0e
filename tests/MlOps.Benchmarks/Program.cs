using System.Diagnostics;

// peers: a hello world. peers spawn FOLDER N: copies src/sI.txt to out/oI.txt by N processes, as many at once as there are processors.
if (args is not ["spawn", var folder, var count])
{
    Console.WriteLine("hello");
    return;
}

Directory.CreateDirectory(Path.Combine(folder, "out"));
var steps = Enumerable.Range(0, int.Parse(count, System.Globalization.CultureInfo.InvariantCulture));
Parallel.ForEach(steps, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, step =>
{
    using var process = Process.Start(new ProcessStartInfo("cp", [$"src/s{step}.txt", $"out/o{step}.txt"]) { WorkingDirectory = folder })!;
    process.WaitForExit();
});
