module milepost

go 1.19
