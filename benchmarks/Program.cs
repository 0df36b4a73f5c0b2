// Measures what graft promises to be fast, each thing beside a plain way to do the same in the same run:
//   dotnet run --project benchmarks -c Release -- tokenizer FOLDER [TEXT FILE…]
//   dotnet run --project benchmarks -c Release -- pictures FILE…
//   dotnet run --project benchmarks -c Release -- jpeg FILE…
// Tests build this program and never run it: times belong to a quiet machine, and to a person who reads them.
using Grafting.Benchmarks;
using Grafting.Core;

try
{
    switch (args)
    {
        case ["tokenizer", var folder, .. var texts]:
            TokenizerBenchmark.Run(folder, texts);
            return 0;
        case ["pictures", .. { Length: > 0 } pictures]:
            PictureBenchmark.Run(pictures);
            return 0;
        case ["jpeg", .. { Length: > 0 } pictures]:
            JpegBenchmark.Run(pictures);
            return 0;
        default:
            Console.Error.WriteLine(
                "usage: tokenizer FOLDER [TEXT FILE…]    folder of a model with tokenizer.json; texts in English, of a megabyte or so");
            Console.Error.WriteLine("       pictures FILE…                   photographs of the sizes that matter");
            Console.Error.WriteLine("       jpeg FILE…                       pictures of some megapixels");
            return 2;
    }
}
catch (GraftException fault)
{
    Console.Error.WriteLine($"error: {fault.Message}");
    return 3;
}
